/** What `/etc/resolv.conf` says of names that are not written in full. */
export interface SearchRules {
  /** The domains that are tried behind such a name, in their order. */
  search: readonly string[];
  /** A name with fewer dots than this is tried with the domains first. Kubernetes says 5. */
  ndots: number;
}

const MAX_NDOTS = 15;

/** Of several `search` and `domain` lines the last one counts, of several `ndots` the last one too (resolv.conf(5)). */
export function parseResolvConf(text: string): SearchRules {
  const rules: SearchRules = { search: [], ndots: 1 };
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    if (keyword === 'search') rules.search = domainsOf(values);
    if (keyword === 'domain') rules.search = domainsOf(values.slice(0, 1));
    if (keyword === 'options') rules.ndots = ndotsOf(values) ?? rules.ndots;
  }
  return rules;
}

/**
 * The full names that this name may stand for, in the order in which they are asked for.
 *
 *     fullNames('billing', { search: ['shop.svc.cluster.local'], ndots: 5 }) // ['billing.shop.svc…', 'billing']
 */
export function fullNames(name: string, { search, ndots }: SearchRules): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const dots = name.split('.').length - 1;
  const searched = search.map((domain) => `${name}.${domain}`);
  return dots >= ndots ? [name, ...searched] : [...searched, name];
}

function domainsOf(values: readonly string[]): string[] {
  return values.map((domain) => domain.replace(/^\.+|\.+$/g, '')).filter((domain) => domain !== '');
}

function ndotsOf(options: readonly string[]): number | undefined {
  const texts = options.flatMap((option) => /^ndots:(\d+)$/.exec(option)?.[1] ?? []);
  const last = texts.at(-1);
  return last === undefined ? undefined : Math.min(Number(last), MAX_NDOTS);
}
