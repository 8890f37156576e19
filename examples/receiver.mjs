// A receiver for trying Bugle out: prints every request and whether its signature holds. No dependencies.
//   node examples/receiver.mjs <secret> [port]
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const [secret = '', port = '4000'] = process.argv.slice(2);

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => answer(request, Buffer.concat(chunks), response));
});

function answer(request, body, response) {
  // What is signed: the exact bytes of the body; with GET, the exact query string.
  const signed = request.method === 'GET' ? Buffer.from(request.url.split('?')[1] ?? '') : body;
  const isGood = verify(signed, String(request.headers.signature));
  console.log(
    `${request.method} ${request.url}  webhook-id ${String(request.headers['webhook-id'])}`,
  );
  console.log(`  ${signed.toString()}`);
  console.log(`  signature ${isGood ? 'verified' : 'NOT VERIFIED'}`);
  response.writeHead(isGood ? 204 : 401).end();
}

function verify(bytes, signature) {
  const expected = Buffer.from(createHmac('sha256', secret).update(bytes).digest('hex'));
  const given = Buffer.from(signature);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

server.listen(Number(port), '127.0.0.1', () =>
  console.log(`Waiting for requests on http://127.0.0.1:${port}/`),
);
