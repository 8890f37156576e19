// The program that Bugle is compared with: the same durable work, and nothing else.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { newId } from '../../src/database/ids.js';
import { eventBody, type Scenario } from '../scenarios.js';
import { type BenchEvent, payloadOf } from './payload.js';
import { Sender } from './sender.js';
import { Store } from './store.js';

/** How the benchmark tells the baseline what to do, as JSON in the environment variable BASELINE. */
export interface BaselineSettings {
  port: number;
  databaseUrl: string;
  key: string;
  scenario: Scenario['name'];
  target: string;
  secret: string;
}

const SENT_AT_ONCE = 64;
const settings = JSON.parse(process.env.BASELINE ?? '') as BaselineSettings;
const authorization = `Bearer ${settings.key}`;
const store = await Store.open(settings.databaseUrl);
const sender = new Sender(settings.target, settings.secret);

createServer((request, response) => {
  if (request.method === 'GET') response.writeHead(200).end();
  else if (request.headers.authorization !== authorization) response.writeHead(401).end();
  else if (request.url === '/send') {
    readText(request, (text) => void sendOnly(Number(text), response).catch(giveUp));
  } else readText(request, (text) => void accept(text, response).catch(giveUp));
}).listen(settings.port, '127.0.0.1');

function readText(request: IncomingMessage, done: (text: string) => void): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const [first] = chunks;
    done((chunks.length === 1 && first ? first : Buffer.concat(chunks)).toString());
  });
}

async function accept(text: string, response: ServerResponse): Promise<void> {
  const event = JSON.parse(text) as BenchEvent;
  const id = newId();
  await store.insertEvent(id, text);
  const answer = `{"id":"${id}","duplicate":false}`;
  const headers = { 'content-type': 'application/json', 'content-length': answer.length };
  response.writeHead(202, headers).end(answer);
  await deliver(id, event);
}

async function deliver(eventId: string, event: BenchEvent): Promise<void> {
  const id = newId();
  const createdAt = new Date().toISOString();
  const body = payloadOf(settings.scenario, event, { eventId, deliveryId: id, createdAt });
  if (body === undefined) return;
  const delivery = { id, eventId, body };
  await store.insertDelivery(delivery);
  await store.settle(await sender.send(delivery));
}

/** So many requests, and nothing stored: how fast the sender is alone. */
async function sendOnly(count: number, response: ServerResponse): Promise<void> {
  const event = JSON.parse(eventBody(1)) as BenchEvent;
  let left = count;
  const sendNext = async (): Promise<void> => {
    while (left-- > 0) {
      const id = newId();
      const names = { eventId: id, deliveryId: id, createdAt: new Date().toISOString() };
      const body = payloadOf(settings.scenario, event, names) ?? '';
      await sender.send({ id, eventId: id, body });
    }
  };
  await Promise.all(Array.from({ length: SENT_AT_ONCE }, sendNext));
  response.writeHead(202, { 'content-length': 0 }).end();
}

function giveUp(error: unknown): void {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
}
