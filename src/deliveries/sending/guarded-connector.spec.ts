import { createServer } from 'node:net';
import type { Server } from 'node:net';
import type { LookupAddress } from 'node:dns';
import { AddressGuard } from '../../address-guard.js';
import { guardedConnector } from './guarded-connector.js';
import { GuardedLookup } from './guarded-lookup.js';
import type { Resolve } from './name-resolver.js';

const loopback = ['127.0.0.0/8'];

/** A resolver that gives these addresses at its first call and loopback at every other. */
function resolvingTo(...addresses: string[]): { resolve: Resolve; calls: () => number } {
  let calls = 0;
  const resolve: Resolve = (_, done) => {
    calls += 1;
    const found: LookupAddress[] = (calls === 1 ? addresses : ['127.0.0.1']).map((address) => ({
      address,
      family: address.includes(':') ? 6 : 4,
    }));
    done(null, found);
  };
  return { resolve, calls: () => calls };
}

describe('guardedConnector', () => {
  let server: Server;
  let port: string;
  let connections = 0;

  beforeAll(async () => {
    server = createServer((socket) => {
      connections += 1;
      socket.on('error', () => undefined).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    port = typeof address === 'object' && address ? String(address.port) : '';
  });
  beforeEach(() => {
    connections = 0;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  /** Connects and says 'connected', or the code of the error. */
  function connect(host: string, allow: readonly string[], resolve?: Resolve): Promise<string> {
    const guard = new AddressGuard(allow);
    const names = new GuardedLookup({ guard, timeoutMs: 5000, resolve });
    const connector = guardedConnector(names, 5000);
    // As undici does before it calls a connector.
    const hostname = new URL(`http://${host}/`).hostname.replace(/^\[(.*)\]$/, '$1');
    return new Promise((done) => {
      connector({ hostname, host: hostname, protocol: 'http:', port }, (error, socket) => {
        socket?.destroy();
        const code = error && 'code' in error ? String(error.code) : String(error);
        done(socket ? 'connected' : code);
      });
    });
  }

  it.each([
    '127.0.0.1',
    '127.0.0.1.',
    '127.1',
    '0x7f.1',
    '0177.0.0.1',
    '2130706433',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '0.0.0.0',
    '[::]',
    'localhost',
  ])('does not dial %s', async (host) => {
    expect(await connect(host, [])).toBe('target_forbidden');
    expect(connections).toBe(0);
  });

  it.each(['127.0.0.1', '127.1', '[::ffff:127.0.0.1]'])('dials %s when allowed', async (host) => {
    expect(await connect(host, loopback)).toBe('connected');
  });

  it('dials the address that it judged, and looks up no second time', async () => {
    const { resolve, calls } = resolvingTo('127.0.0.1');
    expect(await connect('name.test', loopback, resolve)).toBe('connected');
    expect(calls()).toBe(1);
  });

  it('refuses a name for one forbidden address among good ones', async () => {
    const { resolve } = resolvingTo('127.0.0.1', '10.0.0.1');
    expect(await connect('name.test', loopback, resolve)).toBe('target_forbidden');
    expect(connections).toBe(0);
  });

  it('sees through a name with a trailing dot', async () => {
    const { resolve } = resolvingTo('127.0.0.1');
    expect(await connect('localhost.', [], resolve)).toBe('target_forbidden');
  });

  it('judges the mapped addresses that a name resolves to', async () => {
    const { resolve } = resolvingTo('::ffff:169.254.169.254');
    expect(await connect('name.test', loopback, resolve)).toBe('target_forbidden');
  });

  it('says so when a name has no address', async () => {
    const { resolve } = resolvingTo();
    expect(await connect('name.test', loopback, resolve)).toBe('name_not_resolved');
  });

  it('tries the addresses of a name in turn, and no others', async () => {
    const { resolve, calls } = resolvingTo('127.0.0.2', '127.0.0.3', '127.0.0.1');
    expect(await connect('name.test', loopback, resolve)).toBe('connected');
    expect([connections, calls()]).toEqual([1, 1]);
  });

  it('dials only a few of hundreds of addresses', async () => {
    const many = Array.from({ length: 500 }, (_, index) => `127.0.1.${index % 250}`);
    const { resolve } = resolvingTo(...many);
    expect(await connect('name.test', loopback, resolve)).toBe('ECONNREFUSED');
  });
});
