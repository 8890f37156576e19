import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { Trial, http, listen, saying } from '../../../test/support/sending-trial.js';
import type { Answer } from '../../../test/support/sending-trial.js';

let trial: Trial;
const servers: Server[] = [];

afterEach(async () => {
  await trial.stop();
  for (const server of servers.splice(0)) server.close();
});

/** What the log says: the code of the failure, or status, body and why it is not the whole body. */
async function logOf(answer: Answer, timeoutMs = 5_000): Promise<string> {
  trial = await Trial.start(answer, { timeoutMs });
  return told();
}

async function told(): Promise<string> {
  const outcome = await trial.send();
  if (outcome.kind === 'unreachable') return outcome.error.code;
  const { statusCode, responseBody, responseBodyCut } = outcome;
  return [statusCode, JSON.stringify(responseBody), responseBodyCut].filter(Boolean).join(' ');
}

/** Writes the beginning, and then the same bytes again and again until the connection ends. */
function flood(beginning: string, bytes: string): Answer {
  return (socket) => {
    socket.write(beginning);
    const pour = (): void => {
      if (!socket.destroyed) socket.write(bytes, () => setImmediate(pour));
    };
    pour();
  };
}

/** Writes the beginning, and then a byte every 10 ms. */
function drip(beginning: string): Answer {
  return (socket) => {
    socket.write(beginning);
    const timer = setInterval(() => socket.write('x'), 10);
    socket.on('close', () => clearInterval(timer));
  };
}

const bytes =
  (text: string): Answer =>
  (socket) =>
    socket.end(text, 'latin1');

const chunked = (chunks: string): Answer =>
  bytes(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunks}`);

describe('what the receiver does, and what the log says:', () => {
  it.each<[string, Answer, string]>([
    [
      'content-length is a word',
      bytes(http('200 OK', '', 'content-length: x')),
      'invalid_response',
    ],
    [
      'content-length is negative',
      bytes('HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n'),
      'invalid_response',
    ],
    [
      'content-length has a sign',
      bytes('HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\nok'),
      'invalid_response',
    ],
    [
      'content-length is given twice',
      bytes(http('200 OK', 'ok', 'content-length: 2')),
      'invalid_response',
    ],
    [
      'content-length does not fit 64 bits',
      bytes(`HTTP/1.1 200 OK\r\ncontent-length: ${'9'.repeat(30)}\r\n\r\nok`),
      'invalid_response',
    ],
    [
      'content-length is too large',
      bytes('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok'),
      '200 "ok" closed',
    ],
    [
      'content-length is too small',
      bytes('HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nok'),
      '200 "o"',
    ],
    [
      'content-length and chunked',
      bytes('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'),
      'invalid_response',
    ],
    ['a chunk has no length', chunked('zz\r\nok\r\n'), '200 "" closed'],
    ['a chunk is longer than it says', chunked('1\r\nok\r\n0\r\n\r\n'), '200 "o" closed'],
    ['chunks end early', chunked('5\r\nok'), '200 "ok" closed'],
    [
      'gzip is announced and not sent',
      bytes(http('200 OK', 'plain', 'content-encoding: gzip')),
      '200 "plain"',
    ],
    ['204 with a body', bytes(http('204 No Content', 'ok')), '204 "" closed'],
    ['304 with a body', bytes(http('304 Not Modified', 'ok')), '304 "" closed'],
    ['205 with a body', bytes(http('205 Reset Content', 'ok')), '205 "ok"'],
    ['HTTP/1.0', bytes('HTTP/1.0 200 OK\r\n\r\nok'), '200 "ok"'],
    [
      'HTTP/1.0 with keep-alive',
      bytes('HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok'),
      '200 "ok"',
    ],
    ['HTTP/0.9', bytes('<html>ok</html>'), 'invalid_response'],
    ['HTTP/2 frames', bytes('\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64'), 'invalid_response'],
    ['HTTP/2.0 as text', bytes('HTTP/2.0 200 OK\r\n\r\nok'), '200 "ok"'],
    ['HTTP/9.9', bytes('HTTP/9.9 200 OK\r\n\r\n'), 'invalid_response'],
    ['status of two digits', bytes('HTTP/1.1 20 OK\r\n\r\n'), 'invalid_response'],
    ['status 0', bytes('HTTP/1.1 000 OK\r\ncontent-length: 0\r\n\r\n'), 'invalid_response'],
    ['status of four digits', bytes('HTTP/1.1 2000 OK\r\n\r\n'), 'invalid_response'],
    ['no reason phrase', bytes('HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok'), '200 "ok"'],
    ['NUL in a header', bytes(http('200 OK', '', 'x-a: a\0b')), 'invalid_response'],
    ['CR in a header', bytes(http('200 OK', '', 'x-a: a\rb')), 'invalid_response'],
    ['blank before the colon', bytes(http('200 OK', '', 'x-a : b')), 'invalid_response'],
    ['folded header', bytes(http('200 OK', 'ok', 'x-a: a\r\n b')), 'invalid_response'],
    ['closes before answering', bytes(''), 'connection_reset'],
    ['closes in the headers', bytes('HTTP/1.1 200 OK\r\nx-a: '), 'connection_reset'],
    [
      'closes in the body',
      bytes('HTTP/1.1 500 Oops\r\ncontent-length: 9\r\n\r\nbad'),
      '500 "bad" closed',
    ],
    [
      '100 first',
      bytes(`HTTP/1.1 100 Continue\r\n\r\n${http('200 OK', 'ok')}`),
      'invalid_response',
    ],
    [
      '101',
      bytes('HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
      'invalid_response',
    ],
    [
      '102 and 103 first',
      bytes(`HTTP/1.1 102 P\r\n\r\nHTTP/1.1 103 E\r\nlink: </x>\r\n\r\n${http('200 OK', 'ok')}`),
      '200 "ok"',
    ],
    ['only 102', bytes('HTTP/1.1 102 P\r\n\r\n'), 'connection_reset'],
    [
      'endless 103',
      flood('', 'HTTP/1.1 103 E\r\nlink: </x>\r\n\r\n'.repeat(10)),
      'invalid_response',
    ],
    ['endless headers', flood('HTTP/1.1 200 OK\r\n', 'x-a: b\r\n'.repeat(100)), 'too_many_headers'],
    ['one endless header', flood('HTTP/1.1 200 OK\r\nx-a: ', 'x'.repeat(1000)), 'too_many_headers'],
    [
      'endless trailers',
      flood(
        'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n',
        'x-a: b\r\n'.repeat(100),
      ),
      '200 "a" closed',
    ],
    ['an answer to nothing follows', bytes(http('200 OK', 'ok') + http('500 Oops')), '200 "ok"'],
  ])('%s', async (_, answer, expected) => {
    expect(await logOf(answer)).toBe(expected);
    expect(trial.receiver.requests).toHaveLength(1);
  });

  it.each<[string, Answer, RegExp]>([
    ['endless status line', flood('HTTP/1.1 200 ', 'x'.repeat(1000)), /^timeout$/],
    ['drips its status line', drip('HTTP/1.1 200 '), /^timeout$/],
    ['drips its headers', drip('HTTP/1.1 200 OK\r\nx-a: '), /^timeout$/],
    [
      'drips its body',
      drip('HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n'),
      /^200 "x+" timeout$/,
    ],
    [
      'endless chunk extension',
      flood('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;', 'x'.repeat(1000)),
      /^200 "" timeout$/,
    ],
  ])('%s', async (_, answer, expected) => {
    expect(await logOf(answer, 200)).toMatch(expected);
  });
});

describe('a connection', () => {
  it.each<[string, Answer]>([
    ['was closed after the answer', (socket) => socket.end(http('200 OK', 'ok'))],
    [
      'has bytes on it that nobody asked for',
      saying(`${http('200 OK', 'ok')}HTTP/1.1 500 Oops\r\n\r\n`),
    ],
    ['carried a body after 204', saying('HTTP/1.1 204 None\r\n\r\nHTTP/1.1 500 Oops\r\n\r\n')],
    ['was said to be closed', saying(http('200 OK', 'ok', 'connection: close'))],
    ['was said to live a second', saying(http('200 OK', 'ok', 'keep-alive: timeout=1'))],
  ])('that %s costs no later request an attempt', async (_, answer) => {
    trial = await Trial.start(answer, { maxConnectionsPerOrigin: 1 });
    for (let count = 0; count < 50; count += 1) expect(await told()).toMatch(/^20/);
    expect(trial.receiver.requests).toHaveLength(50);
  });

  it('that the receiver closes while a request is under way is a failed attempt, and nothing is sent twice', async () => {
    let count = 0;
    trial = await Trial.start(
      (socket) => {
        count += 1;
        if (count === 1) socket.write(http('200 OK', 'ok'));
        else socket.destroy();
      },
      { maxConnectionsPerOrigin: 1 },
    );
    expect(await told()).toBe('200 "ok"');
    expect(await told()).toBe('connection_reset');
    expect(trial.receiver.requests).toHaveLength(2);
  });

  it('is not used again after an answer that was cut', async () => {
    trial = await Trial.start(saying('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nok'), {
      timeoutMs: 500,
      maxConnectionsPerOrigin: 1,
    });
    expect([await told(), await told()]).toEqual(['200 "ok" timeout', '200 "ok" timeout']);
    expect(trial.receiver.sockets.size).toBe(2);
  });
});

describe('a large request', () => {
  const body = 'x'.repeat(8_000_000);

  /** Sends to a server that does this with the connection as soon as the first bytes are there. */
  async function upload(serve: (socket: Socket) => void, timeoutMs = 5_000): Promise<string> {
    trial = await Trial.start(saying(http('200 OK')), { timeoutMs });
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => serve(socket));
    });
    servers.push(server);
    const url = `http://127.0.0.1:${await listen(server)}/`;
    return trial.codeOf({ url, body });
  }

  it('may be answered before it was read', async () => {
    const code = await upload((socket) => {
      socket.pause();
      socket.write(http('413 Too Large', '', 'connection: close'));
    });
    expect(code).toBe('rejected 413');
  });

  it('that is cut off on the way is a connection that was reset', async () => {
    expect(await upload((socket) => socket.resetAndDestroy())).toBe('connection_reset');
  });

  it('that nobody reads ends with the time', async () => {
    expect(await upload((socket) => socket.pause(), 200)).toBe('timeout');
  });
});

describe('what is kept of the headers of an answer', () => {
  it('is the first hundred of them', async () => {
    const many = Array.from({ length: 1500 }, (_, index) => `h${index}: v`);
    trial = await Trial.start(saying(http('429 Slow', '', ...many, 'retry-after: 7')));
    const { responseHeaders, retryAfter } = await trial.answered();
    expect(Object.keys(responseHeaders)).toHaveLength(100);
    expect(retryAfter).toBe('7');
  });

  it('is where a redirect points to', async () => {
    trial = await Trial.start(saying(http('307 Moved', '', 'location: http://10.0.0.1/')));
    const outcome = await trial.answered();
    expect(outcome).toMatchObject({ kind: 'rejected', statusCode: 307 });
    expect(outcome.responseHeaders.location).toBe('http://10.0.0.1/');
    expect(trial.receiver.requests).toHaveLength(1);
  });

  it('is text, whatever the bytes were', async () => {
    trial = await Trial.start((socket) =>
      socket.end(http('200 OK', '', 'x-a: \xff\xc3'), 'latin1'),
    );
    const { responseHeaders } = await trial.answered();
    expect(responseHeaders['x-a']).toBe('ÿÃ');
  });
});
