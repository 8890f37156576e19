import { z } from 'zod';
import { typeName } from '../../event-bus/index.js';
import { idField, input, pageFields, pageOf, timeField } from '../../http/index.js';
import type { StreamedAttempt } from './attempt-stream.service.js';
import { STATUSES } from '../delivery.js';
import type { DeliveryWithAttempts } from './delivery-log.service.js';
import { type DeliveryFilter, STATUS_CLASSES } from './delivery-search.repository.js';
import { ERROR_CODES } from './error-codes.js';
import type { LoggedAttempt, LoggedDelivery } from './logged-delivery.js';

const eventType = z
  .string()
  .max(100)
  .meta({ description: 'Type of the event.', example: 'user.created' });
const status = z
  .enum(STATUSES)
  .meta({ description: 'State of the delivery.', example: 'delivered' });
const time = (description: string) => z.iso.datetime().meta({ description });
const headers = (description: string) =>
  z.record(z.string(), z.string()).nullable().meta({ description });

export const deliveryQuery = input({
  ...pageFields,
  webhookId: idField('a webhook').optional(),
  automationId: idField('an automation').optional(),
  eventId: idField('an event').optional(),
  eventType: typeName
    .optional()
    .meta({ description: 'Type of the event, also one that was deleted since.' }),
  status: status.optional(),
  statusCode: z.coerce
    .number()
    .int()
    .min(100)
    .max(599)
    .optional()
    .meta({ description: 'Last status code.', example: 503 }),
  statusClass: z
    .enum(STATUS_CLASSES)
    .optional()
    .meta({ description: 'Class of the last status code.', example: '5xx' }),
  errorCode: z
    .enum(ERROR_CODES)
    .optional()
    .meta({ description: 'Code of the last error.', example: 'connection_refused' }),
  since: timeField.optional().meta({ description: 'Events accepted at this time or later.' }),
  until: timeField.optional().meta({ description: 'Events accepted before this time.' }),
});

const error = z
  .object({
    code: z.string().meta({ description: 'Stable code.', example: 'connection_refused' }),
    message: z.string().meta({ description: 'What happened, for people.' }),
    line: z.int().optional().meta({ description: 'Line in the template.' }),
    column: z.int().optional().meta({ description: 'Column in the template.' }),
  })
  .nullable();

export const deliveryView = z
  .object({
    id: z
      .uuid()
      .meta({ description: 'Id of the delivery; also the `webhook-id` of its requests.' }),
    eventId: z.uuid().meta({ description: 'The event.' }),
    eventType,
    automationId: z
      .uuid()
      .nullable()
      .meta({ description: 'The automation; null for a plain webhook.' }),
    webhookId: z.uuid().meta({ description: 'Where it goes.' }),
    revision: z.int().meta({
      description:
        'Revision of the rule that made it: GET /v1/automations/{automationId}/revisions/{revision}.',
    }),
    status,
    attemptCount: z.int().meta({ description: 'Attempts so far.' }),
    nextAttemptAt: time('When it is tried next.').nullable(),
    lastStatusCode: z.int().nullable().meta({ description: 'What the receiver answered last.' }),
    lastDurationMs: z.int().nullable().meta({ description: 'How long the last attempt took.' }),
    lastError: error.meta({ description: 'Why the last attempt, or the rendering, failed.' }),
    createdAt: time('When it was enqueued.'),
    updatedAt: time('When its state changed last.'),
  })
  .meta({ id: 'Delivery' });

export const attemptView = z
  .object({
    number: z.int().meta({ description: 'From 1.' }),
    trigger: z
      .enum(['automatic', 'manual'])
      .meta({ description: 'Whether the plan or a person set it off.' }),
    outcome: z.enum(['delivered', 'rejected', 'unreachable', 'interrupted']).meta({
      description:
        'How it ended; `interrupted` when its worker died: the request may have arrived.',
    }),
    startedAt: time('When it began.'),
    durationMs: z.int().nullable().meta({ description: 'From start to the end of the answer.' }),
    requestMethod: z.string().nullable().meta({ description: 'GET or POST.' }),
    requestUrl: z
      .string()
      .nullable()
      .meta({ description: 'The URL, with the query that was sent.' }),
    requestHeaders: headers('As sent; secret values show as ***.'),
    statusCode: z.int().nullable().meta({ description: 'What the receiver answered.' }),
    responseHeaders: headers('As received; secret values show as ***.'),
    responseBody: z.string().nullable().meta({ description: 'The first 16 KiB of the answer.' }),
    error: error.meta({ description: 'Why it failed.' }),
  })
  .meta({ id: 'Attempt' });

export const deliveryWithAttempts = deliveryView
  .extend({
    requestBody: z.string().nullable().meta({ description: 'What is sent, byte for byte.' }),
    contentType: z.string().nullable().meta({ description: 'What the body is.' }),
    attempts: z.array(attemptView).meta({ description: 'Every attempt, first to last.' }),
  })
  .meta({ id: 'DeliveryWithAttempts' });

export const deliveryPage = pageOf(deliveryView).meta({ id: 'DeliveryPage' });

export const streamedAttempt = z
  .object({
    deliveryId: z.uuid().meta({ description: 'Id of the delivery.' }),
    delivery: deliveryView,
    attempt: attemptView,
  })
  .meta({ id: 'StreamedAttempt' });

export function toDeliveryFilter(query: z.infer<typeof deliveryQuery>): DeliveryFilter {
  const { cursor: _, since, until, ...filter } = query;
  return {
    ...filter,
    since: since === undefined ? undefined : new Date(since),
    until: until === undefined ? undefined : new Date(until),
  };
}

export function toDeliveryView(delivery: LoggedDelivery): z.infer<typeof deliveryView> {
  return {
    id: delivery.id,
    eventId: delivery.eventId,
    eventType: delivery.eventType,
    automationId: delivery.automationId,
    webhookId: delivery.webhookId,
    revision: delivery.revision,
    status: delivery.status,
    attemptCount: delivery.attemptCount,
    nextAttemptAt: delivery.nextAttemptAt?.toISOString() ?? null,
    lastStatusCode: delivery.lastStatusCode,
    lastDurationMs: delivery.lastDurationMs,
    lastError: delivery.lastError,
    createdAt: delivery.createdAt.toISOString(),
    updatedAt: delivery.updatedAt.toISOString(),
  };
}

export function toDeliveryWithAttempts(
  delivery: DeliveryWithAttempts,
): z.infer<typeof deliveryWithAttempts> {
  const { requestBody, contentType, attempts } = delivery;
  return {
    ...toDeliveryView(delivery),
    requestBody,
    contentType,
    attempts: attempts.map(toAttemptView),
  };
}

export function toStreamedAttempt(attempt: StreamedAttempt): z.infer<typeof streamedAttempt> {
  const { deliveryId } = attempt;
  return {
    deliveryId,
    delivery: toDeliveryView({ ...attempt, id: deliveryId }),
    attempt: toAttemptView(attempt),
  };
}

function toAttemptView(attempt: LoggedAttempt): z.infer<typeof attemptView> {
  return {
    number: attempt.number,
    trigger: attempt.trigger,
    outcome: attempt.outcome,
    startedAt: attempt.startedAt.toISOString(),
    durationMs: attempt.durationMs,
    requestMethod: attempt.requestMethod,
    requestUrl: attempt.requestUrl,
    requestHeaders: attempt.requestHeaders,
    statusCode: attempt.statusCode,
    responseHeaders: attempt.responseHeaders,
    responseBody: attempt.responseBody,
    error: attempt.error,
  };
}
