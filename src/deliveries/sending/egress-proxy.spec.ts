import { createServer } from 'node:net';
import { ConnectProxy } from '../../../test/support/connect-proxy.js';
import type { ProxyAnswer } from '../../../test/support/connect-proxy.js';
import { Trial, http, listen, saying } from '../../../test/support/sending-trial.js';
import { until } from '../../../test/support/until.js';
import { AddressGuard } from './address-guard.js';
import type { SenderOptions } from './sender.js';

let trial: Trial;
let proxy: ConnectProxy;

const resolve: SenderOptions['resolve'] = (_, found) =>
  found(null, [{ address: '127.0.0.1', family: 4 }]);

afterEach(async () => {
  await trial.stop();
  proxy.close();
});

async function start(
  answer: ProxyAnswer,
  options: Partial<SenderOptions> = {},
  credentials = '',
): Promise<void> {
  proxy = await ConnectProxy.start(answer);
  trial = await Trial.start(saying(http('200 OK', 'ok')), {
    proxy: new URL(`http://${credentials}127.0.0.1:${proxy.port}`),
    ...options,
  });
}

describe('through a proxy', () => {
  it('goes the request as it is, and the connection is kept', async () => {
    await start('open');
    for (let count = 0; count < 5; count += 1) {
      expect(await trial.codeOf()).toBe('delivered 200');
    }
    const authority = trial.origin.slice('http://'.length);
    expect(proxy.asked[0]).toMatch(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n`);
    expect(proxy.asked.length).toBeLessThanOrEqual(2);
    expect(trial.receiver.requests[0]).toMatch(/^POST \/hook HTTP\/1\.1\r\n/);
    expect(trial.receiver.requests[0]).not.toMatch(/proxy/i);
  });

  it('is asked for by name', async () => {
    await start({ as: '127.0.0.1' }, { resolve });
    const url = trial.origin.replace('127.0.0.1', 'name.test');
    expect(await trial.codeOf({ url })).toBe('delivered 200');
    expect(proxy.asked[0]).toMatch(`CONNECT ${url.slice('http://'.length)} `);
  });

  it('carries the credentials to the proxy and to nobody else', async () => {
    await start('open', {}, 'user:p%40ss@');
    expect(await trial.codeOf()).toBe('delivered 200');
    const expected = Buffer.from('user:p@ss').toString('base64');
    expect(proxy.asked[0]).toContain(`proxy-authorization: Basic ${expected}\r\n`);
    expect(trial.receiver.requests[0]).not.toContain('uthorization');
  });

  it('goes nothing to a forbidden target: the proxy is not even asked', async () => {
    await start('open', { guard: new AddressGuard([]) });
    expect(await trial.codeOf()).toBe('target_forbidden');
    const localhost = trial.origin.replace('127.0.0.1', 'localhost');
    expect(await trial.codeOf({ url: localhost })).toBe('target_forbidden');
    expect(proxy.asked).toEqual([]);
  });

  it('goes nothing to a name that cannot be looked up here', async () => {
    const notFound = Object.assign(new Error('x'), { code: 'ENOTFOUND' });
    await start('open', { resolve: (_, found) => found(notFound, []) });
    expect(await trial.codeOf({ url: 'https://name.test/' })).toBe('dns_failure');
    expect(proxy.asked).toEqual([]);
  });
});

describe('a fault of the proxy', () => {
  it.each<[string, string, ProxyAnswer, string]>([
    ['wants credentials', 'proxy_failure', status('407 Proxy Authentication Required'), '407'],
    ['forbids the target', 'proxy_failure', status('403 Forbidden'), '403'],
    ['redirects', 'proxy_failure', status('302 Found'), '302'],
    ['breaks', 'proxy_failure', status('500 Oops'), '500'],
    ['is no proxy', 'proxy_failure', { bytes: 'SSH-2.0-x\r\n' }, ''],
    ['hangs up', 'proxy_failure', 'hang up', ''],
    ['reaches nobody', 'unreachable_through_proxy', status('502 Bad Gateway'), '502'],
    ['finds no name', 'unreachable_through_proxy', status('503 Service Unavailable'), '503'],
    ['waits too long', 'unreachable_through_proxy', status('504 Gateway Timeout'), '504'],
  ])('that %s is %s', async (_, code, answer, detail) => {
    await start(answer, {}, 'user:hunter2@');
    const outcome = await trial.send();
    expect(outcome).toMatchObject({ kind: 'unreachable', error: { code } });
    expect(JSON.stringify(outcome)).toContain(detail && `(status ${detail})`);
    expect(JSON.stringify(outcome)).not.toMatch(/hunter2|127\.0/);
    expect(proxy.asked).toHaveLength(1);
  });

  it('that is not there is told as the proxy’s', async () => {
    await start('open');
    proxy.close();
    const outcome = await trial.send();
    expect(outcome).toMatchObject({ error: { code: 'proxy_failure' } });
    expect(JSON.stringify(outcome)).toContain('(ECONNREFUSED)');
  });

  it('that never answers ends as a connection that was not established', async () => {
    await start('silent', { connectTimeoutMs: 100 });
    expect(await trial.codeOf()).toBe('connect_timeout');
  });

  it('does not keep the next request from working', async () => {
    await start('hang up');
    expect(await trial.codeOf()).toBe('proxy_failure');
    proxy.answers('open');
    expect(await trial.codeOf()).toBe('delivered 200');
  });

  it('is told apart from one of the receiver', async () => {
    await start('open');
    const plain = createServer((socket) => socket.on('error', () => undefined).end('no TLS here'));
    const port = await listen(plain);
    expect(await trial.codeOf({ url: `https://127.0.0.1:${port}/` })).toBe('tls_failure');
    plain.close();
  });

  it('ends with the sender', async () => {
    await start('silent');
    const outcome = trial.codeOf();
    await until('the proxy was asked', () => proxy.asked.length > 0);
    await trial.sender.destroy();
    expect(await outcome).toBe('cancelled');
  });
});

function status(line: string): ProxyAnswer {
  return { bytes: `HTTP/1.1 ${line}\r\ncontent-length: 0\r\n\r\n` };
}
