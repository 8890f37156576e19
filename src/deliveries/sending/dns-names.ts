import type { LookupAddress, promises } from 'node:dns';
import { type SearchRules, fullNames } from './resolv-conf.js';
import { errorCode } from './send-error.js';

/** What DNS says of a name: its addresses, or the code of c-ares that tells why there are none. */
export interface DnsAnswer {
  addresses: LookupAddress[];
  code?: string;
}

/** Once IPv4 is known, IPv6 may take so much longer: some servers never answer for it. */
const IPV6_GRACE_MS = 250;
/** Once IPv6 is known: a question that got lost is asked again after a second, and many machines have IPv4 only. */
const IPV4_GRACE_MS = 2_000;

/** The name is not there; the question was answered. */
const absent: ReadonlySet<string | undefined> = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME']);

/** A server answered that it cannot tell. */
const refusals: ReadonlySet<string | undefined> = new Set(['ESERVFAIL', 'EREFUSED', 'ENOTIMP']);

/** Whether DNS knows that there is no such name, or whether there is no DNS here that could know anything. */
export function isUnknownToDns({ code }: DnsAnswer): boolean {
  return absent.has(code) || code === 'ECONNREFUSED';
}

/**
 * Asks DNS for the addresses of a name, IPv4 first; never rejects. A name is tried with the search domains as glibc does:
 * on to the next after "no such name" and after a server's failure, but not when nobody answers.
 */
export async function askDns(
  resolver: promises.Resolver,
  name: string,
  rules: SearchRules,
): Promise<DnsAnswer> {
  let last: DnsAnswer = { addresses: [], code: 'ENOTFOUND' };
  for (const fullName of fullNames(name, rules)) {
    const answer = await askForBoth(resolver, fullName);
    if (!absent.has(answer.code) && !refusals.has(answer.code)) return answer;
    // "Cannot tell" says more than "no such name": it may be known later.
    if (!refusals.has(last.code)) last = answer;
  }
  return last;
}

async function askForBoth(resolver: promises.Resolver, name: string): Promise<DnsAnswer> {
  const [ipv4, ipv6] = [resolver.resolve4(name), resolver.resolve6(name)];
  const answers = await bothOrInTime([answerOf(ipv4, 4), answerOf(ipv6, 6)]);
  const addresses = answers
    .flatMap((answer) => answer.addresses)
    .toSorted((a, b) => a.family - b.family);
  if (addresses.length > 0) return { addresses };
  return answers.find(({ code }) => !absent.has(code)) ?? answers[0] ?? { addresses };
}

async function answerOf(asked: Promise<string[]>, family: 4 | 6): Promise<DnsAnswer> {
  try {
    const addresses = await asked;
    return { addresses: addresses.map((address) => ({ address, family })), code: 'ENODATA' };
  } catch (error) {
    return { addresses: [], code: errorCode(error) };
  }
}

function bothOrInTime(questions: readonly Promise<DnsAnswer>[]): Promise<DnsAnswer[]> {
  const answers: DnsAnswer[] = [];
  return new Promise((resolve) => {
    let grace: NodeJS.Timeout | undefined;
    const note = (answer: DnsAnswer): void => {
      answers.push(answer);
      if (answers.length < questions.length) {
        const [known] = answer.addresses;
        const graceMs = known?.family === 4 ? IPV6_GRACE_MS : IPV4_GRACE_MS;
        if (known) grace = setTimeout(resolve, graceMs, answers);
        return;
      }
      clearTimeout(grace);
      resolve(answers);
    };
    for (const question of questions) void question.then(note);
  });
}
