import { createLogger } from '../../src/logger.js';
import {
  createDataSource,
  DatabaseSession,
  derivedId,
  ensurePartitions,
  newId,
  Statements,
} from '../../src/database/index.js';
import type { NewDelivery, Settlement } from '../../src/deliveries/delivery.js';
import { DeliveryQueueRepository } from '../../src/deliveries/queue/delivery-queue.repository.js';
import { QueueUpkeepRepository } from '../../src/deliveries/queue/queue-upkeep.repository.js';
import { SettlementRepository } from '../../src/deliveries/settling/settlement.repository.js';
import { entities } from '../../src/entities.js';
import type { NewEvent } from '../../src/event-bus/event.js';
import { EventOutboxRepository } from '../../src/event-bus/event-outbox.repository.js';
import { EventRepository } from '../../src/event-bus/event.repository.js';
import { createTestDatabase } from '../support/database.js';

const SCHEMA = 'bugle';

/** The stores on a database of their own, with no server around them. */
export async function openStorage() {
  const { connection, drop } = await createTestDatabase();
  const dataSource = createDataSource({ connection, schema: SCHEMA, poolSize: 4, entities });
  await dataSource.initialize();
  await ensurePartitions(dataSource, Date.now());
  const statements = new Statements(connection, SCHEMA);
  const session = new DatabaseSession(connection, SCHEMA, createLogger('silent').logger);
  const close = async (): Promise<void> => {
    await statements.close();
    await dataSource.destroy();
    await drop();
  };
  return {
    dataSource,
    statements,
    queue: new DeliveryQueueRepository(statements),
    upkeep: new QueueUpkeepRepository(dataSource, statements),
    settlements: new SettlementRepository(statements, session, { BUGLE_DISABLE_AFTER_HOURS: 120 }),
    events: new EventRepository(dataSource, statements),
    outbox: new EventOutboxRepository(dataSource, statements, session),
    close,
  };
}

export type Storage = Awaited<ReturnType<typeof openStorage>>;

/** A workspace with one webhook. */
export async function storeWebhook(
  { dataSource }: Storage,
  differences: { enabled?: boolean } = {},
) {
  const [workspaceId, webhookId] = [newId(), newId()];
  await dataSource.query('INSERT INTO workspaces (id, name) VALUES ($1, $2)', [
    workspaceId,
    workspaceId,
  ]);
  await dataSource.query(
    `INSERT INTO webhooks (id, workspace_id, name, url, method, events, headers, masked_headers, secret, enabled, revision)
     VALUES ($1, $2, 'webhook', 'http://127.0.0.1', 'POST', '{}', '{}', '{}', '', $3, 3)`,
    [webhookId, workspaceId, differences.enabled ?? true],
  );
  return { workspaceId, webhookId };
}

export function newEvent(differences: Partial<NewEvent> = {}): NewEvent {
  const now = new Date().toISOString();
  return {
    id: newId(),
    workspaceId: newId(),
    type: 'user.created',
    sourceId: null,
    data: { id: 7 },
    changes: null,
    actor: null,
    occurredAt: now,
    createdAt: now,
    targetWebhookId: null,
    deduplication: null,
    ...differences,
  };
}

export function newDelivery(differences: Partial<NewDelivery> = {}): NewDelivery {
  const eventId = differences.eventId ?? newId();
  return {
    id: derivedId(eventId, differences.webhookId ?? 'rule'),
    workspaceId: newId(),
    eventId,
    eventType: 'user.created',
    automationId: null,
    webhookId: newId(),
    revision: 1,
    order: null,
    rendered: { body: '{"a":1}', contentType: 'application/json' },
    ...differences,
  };
}

export function settlement(differences: Partial<Settlement>): Settlement {
  return {
    deliveryId: newId(),
    workspaceId: newId(),
    webhookId: newId(),
    webhookRevision: 1,
    number: 1,
    trigger: 'automatic',
    outcome: 'delivered',
    startedAt: new Date().toISOString(),
    durationMs: 5,
    requestMethod: 'POST',
    requestUrl: 'http://127.0.0.1',
    requestHeaders: {},
    statusCode: 200,
    responseHeaders: {},
    responseBody: 'ok',
    error: null,
    status: 'delivered',
    waitMs: null,
    countsAs: 'success',
    throttleMs: null,
    isCutOff: false,
    ...differences,
  };
}
