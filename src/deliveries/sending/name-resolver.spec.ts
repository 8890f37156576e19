import type { LookupAddress } from 'node:dns';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Trial, http, saying } from '../../../test/support/sending-trial.js';
import { until } from '../../../test/support/until.js';
import { DnsServer, type Zone } from './dns-server.fixture.js';
import { NameResolver, type NameSources } from './name-resolver.js';

const NOWHERE = '/nowhere/at/all';
const isDead = (name: string): boolean => name.startsWith('dead');

let server: DnsServer;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bugle-names-'));
});
afterEach(async () => {
  server.stop();
  await rm(folder, { recursive: true });
});

/** A resolver that asks this server, and that no file of this machine tells anything. */
async function resolverBy(zone: Zone, sources: Partial<NameSources> = {}): Promise<NameResolver> {
  server = await DnsServer.start(zone);
  return new NameResolver({
    timeoutMs: 5_000,
    hostsFile: NOWHERE,
    resolvConf: NOWHERE,
    servers: [server.address],
    system: () => Promise.resolve([]),
    ...sources,
  });
}

/** The addresses in their order, or why there are none. */
function resolved(names: NameResolver, hostname: string): Promise<string[] | string> {
  return new Promise((resolve) => {
    names.resolve(hostname, (error, addresses) => {
      if (!error) resolve(addresses.map(({ address }) => address));
      else resolve('detail' in error ? String(error.detail) : error.message);
    });
  });
}

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const search = (domains: string, ndots: number): Promise<string> =>
  file('resolv.conf', `search ${domains}\noptions ndots:${ndots}\n`);

const at = (address: string): LookupAddress => ({ address, family: 4 });

describe('DNS', () => {
  it('gives all addresses, IPv4 first', async () => {
    const names = await resolverBy(() => ['2606:4700::1', '8.8.8.8', '2606:4700::2', '8.8.4.4']);
    const expected = ['8.8.8.8', '8.8.4.4', '2606:4700::1', '2606:4700::2'];
    expect(await resolved(names, 'name.test')).toEqual(expected);
  });

  it.each<[string, 'A' | 'AAAA', string]>([
    ['IPv4', 'AAAA', '8.8.8.8'],
    ['IPv6', 'A', '2606:4700::1'],
  ])(
    'is enough with %s only, and with the other one never answered',
    async (_, silent, address) => {
      const names = await resolverBy((name, type) =>
        isDead(name) && type === silent ? 'silent' : [address],
      );
      expect(await resolved(names, 'name.test')).toEqual([address]);
      expect(await resolved(names, 'dead.test')).toEqual([address]);
    },
  );

  it('is asked again for IPv4 when the first question got lost', async () => {
    let asked = 0;
    const names = await resolverBy((_, type) => {
      if (type === 'AAAA') return ['2606:4700::1'];
      asked += 1;
      return asked === 1 ? 'silent' : ['8.8.8.8'];
    });
    expect(await resolved(names, 'name.test')).toEqual(['8.8.8.8', '2606:4700::1']);
  });

  it('is asked anew each time: nothing is kept', async () => {
    const answers = [['8.8.8.8'], ['10.0.0.1']];
    const names = await resolverBy((_, type) => (type === 'A' ? (answers.shift() ?? []) : []));
    expect(await resolved(names, 'name.test')).toEqual(['8.8.8.8']);
    expect(await resolved(names, 'name.test')).toEqual(['10.0.0.1']);
  });

  it.each<[string, Zone, string]>([
    ['there is no such name', () => 'no such name', 'ENOTFOUND'],
    ['the name has no address', () => [], 'ENODATA'],
    ['the server fails', () => 'failure', 'ESERVFAIL'],
    ['the server refuses', () => 'refused', 'EREFUSED'],
  ])('says when %s', async (_, zone, code) => {
    expect(await resolved(await resolverBy(zone), 'name.test')).toBe(code);
  });

  it('cannot be asked for what is no name', async () => {
    const names = await resolverBy(() => ['8.8.8.8']);
    expect(await resolved(names, `${'x'.repeat(64)}.test`)).toBe('EBADNAME');
  });
});

describe('a name that is not written in full', () => {
  it('is found behind a search domain, as a service of a cluster is', async () => {
    const full = 'billing.shop.svc.cluster.test';
    const names = await resolverBy((name) => (name === full ? ['8.8.8.8'] : 'no such name'), {
      resolvConf: await search('other.svc.cluster.test svc.cluster.test', 5),
    });
    expect(await resolved(names, 'billing.shop')).toEqual(['8.8.8.8']);
    expect([...new Set(server.asked)]).toEqual(['billing.shop.other.svc.cluster.test', full]);
  });

  it('is not searched for when it ends in a dot', async () => {
    const names = await resolverBy(() => 'no such name', { resolvConf: await search('a.test', 5) });
    expect(await resolved(names, 'name.test.')).toBe('ENOTFOUND');
    expect([...new Set(server.asked)]).toEqual(['name.test']);
  });

  it('is tried as it is after a domain whose server fails', async () => {
    const names = await resolverBy((name) => (name === 'name.test' ? ['8.8.8.8'] : 'failure'), {
      resolvConf: await search('broken.test', 5),
    });
    expect(await resolved(names, 'name.test')).toEqual(['8.8.8.8']);
  });

  it('follows the file when that changes', async () => {
    const resolvConf = await search('a.test', 1);
    const names = await resolverBy(
      (name) => (name === 'x.bb.test' ? ['8.8.8.8'] : 'no such name'),
      {
        resolvConf,
      },
    );
    expect(await resolved(names, 'x')).toBe('ENOTFOUND');
    await search('bb.test', 1);
    expect(await resolved(names, 'x')).toEqual(['8.8.8.8']);
  });
});

describe('/etc/hosts', () => {
  it('comes first, and is read again when it has changed', async () => {
    const hostsFile = await file('hosts', '10.0.0.7 receiver\n');
    const names = await resolverBy(() => ['8.8.8.8'], { hostsFile });
    expect(await resolved(names, 'RECEIVER.')).toEqual(['10.0.0.7']);
    expect(server.asked).toEqual([]);
    await file('hosts', '10.0.0.8 receiver another\n');
    expect(await resolved(names, 'receiver')).toEqual(['10.0.0.8']);
    expect(await resolved(names, 'unknown')).toEqual(['8.8.8.8']);
  });

  it('is not needed for localhost', async () => {
    const names = await resolverBy(() => ['8.8.8.8']);
    expect(await resolved(names, 'localhost')).toEqual(['127.0.0.1', '::1']);
    expect(await resolved(names, 'app.localhost.')).toEqual(['127.0.0.1', '::1']);
    expect(server.asked).toEqual([]);
  });
});

describe('the system', () => {
  it('is asked for what DNS does not know, and only for that', async () => {
    const asked: string[] = [];
    const names = await resolverBy(
      (name) => (name === 'known.test' ? ['8.8.8.8'] : isDead(name) ? 'failure' : 'no such name'),
      {
        system: (name) => {
          asked.push(name);
          return name === 'printer.local'
            ? Promise.resolve([at('10.0.0.9')])
            : Promise.reject(new Error('not found'));
        },
      },
    );
    expect(await resolved(names, 'printer.local')).toEqual(['10.0.0.9']);
    expect(await resolved(names, 'nothing.local')).toBe('ENOTFOUND');
    expect(await resolved(names, 'known.test')).toEqual(['8.8.8.8']);
    expect(await resolved(names, 'dead.test')).toBe('ESERVFAIL');
    expect(asked).toEqual(['printer.local', 'nothing.local']);
  });

  it('is asked where there is no DNS', async () => {
    const names = await resolverBy(() => [], {
      // Nothing listens there.
      servers: ['127.0.0.1:1'],
      system: () => Promise.resolve([at('10.0.0.9')]),
    });
    expect(await resolved(names, 'name.test')).toEqual(['10.0.0.9']);
  });

  it('has one question at a time, and none that waited too long', async () => {
    const asked: string[] = [];
    const answers: (() => void)[] = [];
    const names = await resolverBy(() => 'no such name', {
      timeoutMs: 20,
      system: (name) => {
        asked.push(name);
        return new Promise((resolve) => answers.push(() => resolve([at('10.0.0.9')])));
      },
    });
    const first = resolved(names, 'a.local');
    await until('the first one is asked for', () => asked.length === 1);
    const second = resolved(names, 'b.local');
    await until('DNS has answered for both', () => server.asked.includes('b.local'));
    const late = performance.now() + 50;
    await until('the second one has waited too long', () => performance.now() > late);
    expect(asked).toEqual(['a.local']);
    answers[0]?.();
    expect([await first, await second]).toEqual([['10.0.0.9'], 'ENOTFOUND']);
    expect(asked).toEqual(['a.local']);
  });
});

describe('names that nobody answers for', () => {
  it('keep no healthy one waiting', async () => {
    const names = await resolverBy((name) => (isDead(name) ? 'silent' : ['127.0.0.1']));
    const trial = await Trial.start(saying(http('200 OK')), { resolve: names.resolve });
    const { port } = new URL(trial.origin);
    let failed = 0;
    const dead = Array.from({ length: 50 }, async (_, index) => {
      const code = await trial.codeOf({ url: `http://dead${index}.test:${port}/` });
      failed += 1;
      return code;
    });
    await until('all have been asked for', () => new Set(server.asked).size === 50);

    for (let count = 0; count < 20; count += 1) {
      expect(await trial.codeOf({ url: `http://healthy${count}.test:${port}/` })).toBe(
        'delivered 200',
      );
    }
    expect(failed).toBe(0);
    expect(trial.receiver.requests).toHaveLength(20);

    await trial.sender.destroy();
    expect(new Set(await Promise.all(dead))).toEqual(new Set(['cancelled']));
    await trial.stop();
  });

  it('end as a name that could not be resolved', async () => {
    const names = await resolverBy(() => 'silent');
    const trial = await Trial.start(saying(http('200 OK')), {
      resolve: names.resolve,
      connectTimeoutMs: 50,
    });
    expect(await trial.codeOf({ url: 'http://dead.test/' })).toBe('dns_failure');
    await trial.stop();
  });
});
