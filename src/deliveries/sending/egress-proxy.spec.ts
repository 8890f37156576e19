import { createServer, isIP } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import { ConnectProxy } from '../../../test/support/connect-proxy.js';
import type { ProxyAnswer } from '../../../test/support/connect-proxy.js';
import { Trial, http, listen, saying } from '../../../test/support/sending-trial.js';
import { until } from '../../../test/support/until.js';
import { AddressGuard } from '../../address-guard.js';
import type { SenderOptions } from './sender.js';

let trial: Trial;
let proxy: ConnectProxy;

const to =
  (...addresses: string[]): SenderOptions['resolve'] =>
  (_, found) =>
    found(
      null,
      addresses.map((address) => ({ address, family: isIP(address) })),
    );

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

/** The beginnings of what the proxy was asked: CONNECT host:port. */
const askedFor = (): string[] => proxy.asked.map((head) => head.split(' HTTP/1.1\r\n')[0] ?? '');

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

  it('goes a name as the address that was judged, and the receiver sees the name', async () => {
    await start('open', { resolve: to('127.0.0.1') });
    const url = trial.origin.replace('127.0.0.1', 'name.test');
    expect(await trial.codeOf({ url })).toBe('delivered 200');
    expect(askedFor()).toEqual([`CONNECT ${trial.origin.slice('http://'.length)}`]);
    expect(trial.receiver.requests[0]).toContain(`\r\nhost: ${url.slice('http://'.length)}\r\n`);
  });

  it('goes a name that turns inwards after it was judged to where it was', async () => {
    const answers = ['127.0.0.1', '10.0.0.1'];
    await start('open', { resolve: (_, found) => to(answers.shift() ?? '')?.(_, found) });
    const url = trial.origin.replace('127.0.0.1', 'name.test');
    expect(await trial.codeOf({ url })).toBe('delivered 200');
    expect(answers).toEqual(['10.0.0.1']);
    expect(askedFor()).toEqual([`CONNECT ${trial.origin.slice('http://'.length)}`]);
  });

  it('are the addresses of a name tried in turn while the proxy reaches none', async () => {
    const guard = new AddressGuard(['127.0.0.0/8', '::1']);
    await start({ reaches: '127.0.0.1' }, { guard, resolve: to('127.0.0.2', '::1', '127.0.0.1') });
    const { port } = new URL(trial.origin);
    expect(await trial.codeOf({ url: `http://name.test:${port}/` })).toBe('delivered 200');
    const expected = ['127.0.0.2', '[::1]', '127.0.0.1'];
    expect(askedFor()).toEqual(expected.map((address) => `CONNECT ${address}:${port}`));
  });

  it('is no other address tried when the proxy forbids one', async () => {
    await start(status('403 Forbidden'), { resolve: to('127.0.0.2', '127.0.0.1') });
    expect(await trial.codeOf({ url: 'http://name.test/' })).toBe('proxy_failure');
    expect(askedFor()).toEqual(['CONNECT 127.0.0.2:80']);
  });

  it('asks TLS for the name, not for the address', async () => {
    const { server, asked } = namesAskedFor();
    await start('open', { resolve: to('127.0.0.1') });
    await trial.codeOf({ url: `https://name.test:${await listen(server)}/` });
    server.close();
    expect(asked).toEqual(['name.test']);
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

/** A TLS server without a certificate, and the names (SNI) that it was asked for. */
function namesAskedFor(): { server: TlsServer; asked: string[] } {
  const asked: string[] = [];
  const server = createTlsServer({
    SNICallback: (name, done) => {
      asked.push(name);
      done(null);
    },
  });
  return { server: server.on('tlsClientError', () => undefined), asked };
}

function status(line: string): ProxyAnswer {
  return { bytes: `HTTP/1.1 ${line}\r\ncontent-length: 0\r\n\r\n` };
}
