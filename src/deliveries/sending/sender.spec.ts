import type { Resolve } from './name-resolver.js';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { Trial, http, listen, saying } from '../../../test/support/sending-trial.js';
import { AddressGuard } from '../../address-guard.js';

let trial: Trial;

afterEach(() => trial.stop());

describe('what goes out', () => {
  it('is the method, path, query, headers and body as given', async () => {
    trial = await Trial.start(saying(http('200 OK')));
    await trial.send({
      url: `${trial.origin}/a%20b?x=1&y=%C3%BC`,
      headers: { 'x-a': 'grün' },
      body: '{"ü":1}',
    });
    const host = trial.origin.slice('http://'.length);
    expect(trial.receiver.requests).toEqual([
      `POST /a%20b?x=1&y=%C3%BC HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n` +
        `x-a: grün\r\ncontent-length: 8\r\n\r\n{"Ã¼":1}`,
    ]);
  });

  it('has no body with GET', async () => {
    trial = await Trial.start(saying(http('200 OK')));
    await trial.send({ method: 'GET', url: `${trial.origin}/?a=1`, headers: {}, body: undefined });
    expect(trial.receiver.requests[0]).toMatch(/^GET \/\?a=1 HTTP\/1\.1\r\n/);
    expect(trial.receiver.requests[0]).not.toContain('content-length');
  });

  it('goes over kept connections', async () => {
    trial = await Trial.start(saying(http('200 OK', 'ok')));
    for (let count = 0; count < 9; count += 1) await trial.answered();
    expect(trial.receiver.requests).toHaveLength(9);
    // undici rests a connection for one turn of the event loop, so two take turns.
    expect(trial.receiver.sockets.size).toBeLessThanOrEqual(2);
  });

  it('opens no more connections than allowed, and still sends everything', async () => {
    trial = await Trial.start(saying(http('200 OK')), { maxConnectionsPerOrigin: 3 });
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => trial.answered()));
    expect(outcomes.every(({ kind }) => kind === 'delivered')).toBe(true);
    expect(trial.receiver.sockets.size).toBe(3);
  });
});

describe('no answer', () => {
  it('because nothing listens', async () => {
    trial = await Trial.start(saying(''));
    trial.receiver.close();
    const outcome = await trial.send();
    expect(outcome).toMatchObject({
      kind: 'unreachable',
      error: { code: 'connection_refused' },
    });
    expect(JSON.stringify(outcome)).not.toContain('127.0.0.1');
  });

  it('because nothing listens ends every waiting request too', async () => {
    trial = await Trial.start(saying(''), { maxConnectionsPerOrigin: 2 });
    trial.receiver.close();
    const codes = await Promise.all(Array.from({ length: 20 }, () => trial.codeOf()));
    expect(new Set(codes)).toEqual(new Set(['connection_refused']));
  });

  it.each([
    ['resets the connection', 'connection_reset', (socket: Socket) => socket.resetAndDestroy()],
    ['closes without a word', 'connection_reset', (socket: Socket) => socket.end()],
    ['closes in the headers', 'connection_reset', (socket: Socket) => socket.end('HTTP/1.1 200 O')],
    ['talks something else', 'invalid_response', (socket: Socket) => socket.end('SSH-2.0-x\r\n')],
    [
      'answers 101',
      'invalid_response',
      saying('HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
    ],
    ['answers 100', 'invalid_response', saying('HTTP/1.1 100 Continue\r\n\r\n')],
    [
      'has a bad content-length',
      'invalid_response',
      saying('HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n'),
    ],
    [
      'has two content-lengths',
      'invalid_response',
      saying(http('200 OK', 'a', 'content-length: 2')),
    ],
    [
      'has 20 KB of headers',
      'too_many_headers',
      saying(http('200 OK', '', `x: ${'x'.repeat(20_000)}`)),
    ],
  ])('when the receiver %s', async (_, code, answer) => {
    trial = await Trial.start(answer);
    expect(await trial.codeOf()).toBe(code);
    expect(trial.receiver.requests).toHaveLength(1);
  });

  it('because the receiver hangs', async () => {
    trial = await Trial.start(() => undefined, { timeoutMs: 100 });
    expect(await trial.codeOf()).toBe('timeout');
  });

  it('means that a request which waited too long for a connection is not sent later', async () => {
    // No connection before the name resolves, and it resolves only after the first request has given up.
    const waiting: (() => void)[] = [];
    let isKnown = false;
    const resolve: Resolve = (_, done) => {
      const answer = () => done(null, [{ address: '127.0.0.1', family: 4 }]);
      if (isKnown) answer();
      else waiting.push(answer);
    };
    trial = await Trial.start(saying(http('200 OK')), {
      timeoutMs: 200,
      maxConnectionsPerOrigin: 1,
      resolve,
    });
    const origin = trial.origin.replace('127.0.0.1', 'name.test');
    expect(await trial.codeOf({ url: `${origin}/waiting` })).toBe('timeout');

    isKnown = true;
    for (const answer of waiting) answer();
    expect(await trial.codeOf({ url: `${origin}/next` })).toBe('delivered 200');
    expect(trial.receiver.requests.map((request) => request.split(' ')[1])).toEqual(['/next']);
  });

  it('because the name cannot be resolved', async () => {
    const notFound = Object.assign(new Error('x'), { code: 'ENOTFOUND' });
    trial = await Trial.start(saying(''), { resolve: (_, done) => done(notFound, []) });
    expect(await trial.codeOf({ url: 'http://name.test/' })).toBe('dns_failure');
  });

  it('because the resolver does not answer', async () => {
    trial = await Trial.start(saying(''), { resolve: () => undefined, connectTimeoutMs: 50 });
    expect(await trial.codeOf({ url: 'http://name.test/' })).toBe('dns_failure');
  });

  it('because connecting takes too long', async () => {
    trial = await Trial.start(saying(''), { connectTimeoutMs: 50 });
    const mute = createServer((socket) => socket.on('error', () => undefined));
    const port = await listen(mute);
    expect(await trial.codeOf({ url: `https://127.0.0.1:${port}/` })).toBe('connect_timeout');
    mute.close();
  });

  it('because the receiver does not speak TLS', async () => {
    trial = await Trial.start(saying(''));
    const server = createServer((socket) => socket.on('error', () => undefined).end('no TLS here'));
    const port = await listen(server);
    expect(await trial.codeOf({ url: `https://127.0.0.1:${port}/` })).toBe('tls_failure');
    server.close();
  });

  it.each([
    'http://127.0.0.1',
    'http://[::ffff:127.0.0.1]',
    'http://2130706433',
    'http://localhost',
  ])('because %s is forbidden, and the outcome tells nothing more', async (host) => {
    trial = await Trial.start(saying(http('200 OK')), { guard: new AddressGuard([]) });
    const outcome = await trial.send({ url: `${host}:${trial.origin.split(':')[2]}/` });
    expect(outcome).toMatchObject({ error: { code: 'target_forbidden' } });
    expect(JSON.stringify({ ...outcome, durationMs: 0 })).not.toMatch(/127|::1/);
    expect(trial.receiver.requests).toEqual([]);
  });

  it.each(['ftp://127.0.0.1/', 'not a url', ''])('because %j is no web address', async (url) => {
    trial = await Trial.start(saying(http('200 OK')));
    expect(await trial.codeOf({ url })).toBe('invalid_request');
  });

  it('because a stored header cannot be sent', async () => {
    trial = await Trial.start(saying(http('200 OK')));
    expect(await trial.codeOf({ headers: { 'x-a': 'a\r\nb: c' } })).toBe('invalid_request');
    expect(await trial.codeOf({ headers: { 'transfer-encoding': 'chunked' } })).toBe(
      'invalid_request',
    );
    expect(await trial.codeOf()).toBe('delivered 200');
  });
});

describe('stopping', () => {
  it('cancels what is in flight or waits, and takes nothing more', async () => {
    trial = await Trial.start(() => undefined, { maxConnectionsPerOrigin: 1 });
    const outcomes = [trial.codeOf(), trial.codeOf()];
    await trial.receiver.received(1);
    await trial.sender.destroy();
    expect(await Promise.all(outcomes)).toEqual(['cancelled', 'cancelled']);
    expect(await trial.codeOf()).toBe('cancelled');
    expect(trial.receiver.requests).toHaveLength(1);
  });

  it('closes the idle connections', async () => {
    trial = await Trial.start(saying(http('200 OK')));
    await trial.answered();
    const closed = [...trial.receiver.sockets].map((socket) => once(socket, 'close'));
    await trial.sender.destroy();
    await Promise.all(closed);
    expect(closed).toHaveLength(1);
  });
});
