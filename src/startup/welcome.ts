import { generateSecret } from '../webhooks/index.js';
import type { Config } from '../config/index.js';
import { shownAddress } from '../redis/index.js';
import type { RunningServer } from './start.js';

const RECEIVER_PORT = 4000;
const ROLES = {
  api: 'Role api: takes requests. Events are dispatched and sent by processes with the role worker or all.',
  worker: 'Role worker: dispatches events and sends deliveries, beside answering requests.',
};

/**
 * What a person reads when the server has started: where it is, the key, and four requests that work when pasted,
 * in order, into another terminal.
 */
export function welcome({ address, adminKey }: RunningServer, config: Config): string {
  const isEmbedded = config.DATABASE_URL === undefined;
  const lines = [
    '',
    `Bugle listens on ${address} (its API is described at ${address}/docs).`,
    isEmbedded
      ? `Data: embedded PostgreSQL under ${config.BUGLE_DATA_DIR}/. ${reach(config)}`
      : `Data: the database of DATABASE_URL, schema ${config.BUGLE_SCHEMA}.`,
  ];
  if (config.REDIS_URL) {
    const places = config.REDIS_URL.map(shownAddress).join(', ');
    lines.push(`Work is announced over Redis (${config.BUGLE_REDIS_MODE}): ${places}.`);
  }
  if (config.BUGLE_ROLE !== 'all') lines.push(ROLES[config.BUGLE_ROLE]);
  if (adminKey && !config.BUGLE_ADMIN_KEY) lines.push(...keyLines(adminKey));
  if (isEmbedded && config.BUGLE_ROLE === 'all')
    lines.push(...tour(address, `${config.BUGLE_DATA_DIR}/admin-key`));
  return `${lines.join('\n')}\n\n`;
}

/** What is open in embedded mode and in no other has to be said. */
function reach({ BUGLE_ALLOW_NETWORKS: networks }: Config): string {
  return networks
    ? `Webhooks may call the internet${networks.length > 0 ? ` and ${networks.join(', ')}` : ''}.`
    : 'Webhooks may call programs on this machine.';
}

function keyLines({ key, file }: NonNullable<RunningServer['adminKey']>): string[] {
  const kept = file
    ? [`It is kept in ${file}, which only you can read.`]
    : ['Keep it: it is stored as a hash only.'];
  return ['', `Admin key, shown this once: ${key}`, ...kept];
}

function tour(address: string, keyFile: string): string[] {
  const secret = generateSecret();
  // Names are unique in a workspace: the lines must work again after the next start.
  const name = `tour-${Date.now().toString(36)}`;
  const call = (path: string, body?: object) =>
    [
      `curl -s ${address}${path} -H "authorization: Bearer $(cat ${keyFile})"`,
      ...(body ? [`-H 'content-type: application/json' -d '${JSON.stringify(body)}'`] : []),
    ].join(' ');
  const webhook = { name, url: `http://127.0.0.1:${RECEIVER_PORT}/hook`, secret };
  const automation = {
    name,
    triggers: ['user.created'],
    condition: { '==': [{ var: 'data.rank' }, 'Captain'] },
    template: '{"text": "Welcome, {{ data.rank }} {{ data.name }}!"}',
    // The shell ends the quoted text, puts the id in, and goes on.
    webhookId: `'$WEBHOOK'`,
  };
  const event = { type: 'user.created', data: { id: 7, name: 'Ada Lovelace', rank: 'Captain' } };
  return [
    '',
    'To see it work, start a receiver in a second terminal, in this folder:',
    '',
    `node examples/receiver.mjs ${secret} ${RECEIVER_PORT}`,
    '',
    'and paste these into a third: a webhook, an automation, an event, and the log of what was sent.',
    '',
    `WEBHOOK=$(${call('/v1/webhooks', webhook)} | sed 's/^{"id":"\\([^"]*\\)".*/\\1/'); echo $WEBHOOK`,
    call('/v1/automations', automation),
    call('/v1/events', event),
    `sleep 1; ${call('/v1/deliveries?limit=1')}`,
  ];
}
