import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Trial, http, saying } from '../../../test/support/sending-trial.js';

let trial: Trial;

afterEach(() => trial.stop());

function drip(socket: Socket): void {
  socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
  const timer = setInterval(() => socket.write('1\r\na\r\n'), 20);
  socket.on('close', () => clearInterval(timer));
}

describe('an answer', () => {
  it.each([
    ['200 OK', 'delivered'],
    ['201 Created', 'delivered'],
    ['299 Fine', 'delivered'],
    ['300 Multiple Choices', 'rejected'],
    ['400 Bad Request', 'rejected'],
    ['410 Gone', 'rejected'],
    ['500 Oops', 'rejected'],
    ['999 What', 'rejected'],
  ])('of %s is %s', async (status, kind) => {
    trial = await Trial.start(saying(http(status, 'text')));
    expect(await trial.send()).toMatchObject({
      kind,
      statusCode: Number(status.slice(0, 3)),
      responseBody: 'text',
      responseBodyCut: undefined,
    });
  });

  it('with a redirect is not followed', async () => {
    trial = await Trial.start(saying(http('302 Found', '', 'location: http://169.254.169.254/')));
    expect(await trial.answered()).toMatchObject({ kind: 'rejected', statusCode: 302 });
    expect(trial.receiver.requests).toHaveLength(1);
  });

  it('keeps headers with the secret ones masked, and Retry-After apart', async () => {
    const headers = ['Set-Cookie: a=1', 'Set-Cookie: b=2', 'X-Team: t', 'Vary: a', 'Vary: b'];
    trial = await Trial.start(
      saying(http('503 Busy', '', ...headers, 'Retry-After: 120', '__proto__: p')),
    );
    const outcome = await trial.answered({ maskedHeaders: ['x-team'] });
    expect(outcome.retryAfter).toBe('120');
    expect(Object.entries(outcome.responseHeaders)).toEqual([
      ['content-length', '0'],
      ['set-cookie', '***'],
      ['x-team', '***'],
      ['vary', 'a, b'],
      ['retry-after', '120'],
      ['__proto__', 'p'],
    ]);
  });

  it('may come after 102 and 103', async () => {
    const early = 'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n';
    trial = await Trial.start(saying(early + http('200 OK', 'ok')));
    expect(await trial.answered()).toMatchObject({ statusCode: 200, responseBody: 'ok' });
  });

  it('may be HTTP/1.0, ended by closing', async () => {
    trial = await Trial.start((socket) => socket.end('HTTP/1.0 200 OK\r\n\r\nold'));
    expect(await trial.answered()).toMatchObject({
      responseBody: 'old',
      responseBodyCut: undefined,
    });
  });

  it('may be chunked', async () => {
    const chunks = '2\r\nab\r\n1\r\nc\r\n0\r\n\r\n';
    trial = await Trial.start(
      saying(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunks}`),
    );
    expect(await trial.answered()).toMatchObject({ responseBody: 'abc' });
  });

  it('of 204 may wrongly carry a body without harm to the next request', async () => {
    trial = await Trial.start(saying('HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello'));
    expect(await trial.answered()).toMatchObject({ statusCode: 204, responseBody: '' });
    expect(await trial.answered()).toMatchObject({ statusCode: 204, responseBody: '' });
  });

  it('is never decompressed', async () => {
    const bomb = gzipSync(Buffer.alloc(20_000_000));
    const head = `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`;
    trial = await Trial.start(saying(Buffer.concat([Buffer.from(head), bomb])));
    const { responseBody } = await trial.answered();
    expect(responseBody.length).toBeLessThan(bomb.length + 1);
  });
});

describe('a response body', () => {
  it('is kept to the limit and read on, so that the connection lives', async () => {
    const body = 'a'.repeat(16_385);
    trial = await Trial.start(saying(http('200 OK', body)), { maxConnectionsPerOrigin: 1 });
    const outcome = await trial.answered();
    expect(outcome.responseBody).toBe(body.slice(1));
    expect(outcome.responseBodyCut).toBe('limit');
    await trial.answered();
    expect(trial.receiver.sockets.size).toBe(1);
  });

  it('over the reading limit ends the connection, and the status counts', async () => {
    trial = await Trial.start(saying(http('200 OK', 'a'.repeat(1_000_000))), {
      maxConnectionsPerOrigin: 1,
    });
    const outcome = await trial.answered();
    expect(outcome).toMatchObject({ kind: 'delivered', responseBodyCut: 'limit' });
    expect(outcome.responseBody).toHaveLength(16_384);
    await trial.answered();
    expect(trial.receiver.sockets.size).toBe(2);
  });

  it('that is not UTF-8 is kept with replacement characters', async () => {
    trial = await Trial.start((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n');
      socket.write(Buffer.from([0x61, 0xff, 0x62, 0x00, 0x63]));
    });
    expect((await trial.answered()).responseBody).toBe('a\ufffdbc');
  });

  it('is not cut inside of a character', async () => {
    const bytes = Buffer.from('€€');
    trial = await Trial.start(
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n');
        socket.write(bytes);
      },
      { keepResponseBytes: 5 },
    );
    expect((await trial.answered()).responseBody).toBe('€');
  });

  it('that is shorter than announced is kept, and the status counts', async () => {
    trial = await Trial.start((socket) =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nshort'),
    );
    expect(await trial.answered()).toMatchObject({
      kind: 'delivered',
      responseBody: 'short',
      responseBodyCut: 'closed',
    });
  });

  it('that is reset half-way is kept, and the status counts', async () => {
    trial = await Trial.start((socket) => {
      socket.write('HTTP/1.1 500 Oops\r\ncontent-length: 99\r\n\r\nshort', () => {
        socket.resetAndDestroy();
      });
    });
    expect(await trial.send()).toMatchObject({ kind: 'rejected', statusCode: 500 });
  });

  it('that drips for ever is cut when the time is over, and the status counts', async () => {
    trial = await Trial.start(drip, { timeoutMs: 200 });
    const outcome = await trial.answered();
    expect(outcome).toMatchObject({ kind: 'delivered', responseBodyCut: 'timeout' });
    expect(outcome.responseBody).toMatch(/^a+$/);
    expect(outcome.durationMs).toBeGreaterThanOrEqual(190);
  });
});
