import { z } from 'zod';
import { isOutage } from '../database/index.js';
import { BugleError } from '../errors.js';

/** One thing that is wrong with an input, as it is answered. */
export const fault = z.object({
  path: z
    .string()
    .meta({ description: 'Path to the faulty part of the input.', example: 'triggers[0]' }),
  code: z
    .string()
    .meta({ description: 'Stable code of this fault.', example: 'unknown_event_type' }),
  message: z.string().meta({ description: 'What is wrong and what to do.' }),
  line: z.int().optional().meta({ description: 'Line in a template, from 1.' }),
  column: z.int().optional().meta({ description: 'Column in a template, from 1.' }),
});

/** RFC 9457 problem details, with a stable `code` and, for input errors, one fault per thing that is wrong. */
export const problem = z
  .object({
    type: z.string().meta({ description: 'Always about:blank: `code` tells problems apart.' }),
    title: z.string().meta({ description: 'The HTTP status in words.' }),
    status: z.int().meta({ description: 'The HTTP status.' }),
    code: z.string().meta({ description: 'Stable, for programs.', example: 'invalid_input' }),
    detail: z.string().meta({ description: 'What is wrong and what to do, for people.' }),
    errors: z.array(fault).optional().meta({ description: 'Every fault of the input.' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details.' });

export type Problem = z.infer<typeof problem>;

const TITLES: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  412: 'Precondition Failed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** A refusal as it is sent. */
export function toProblem(error: BugleError): Problem {
  return {
    type: 'about:blank',
    title: TITLES[error.status] ?? 'Error',
    status: error.status,
    code: error.code,
    detail: error.message,
    ...(error.faults.length > 0 && { errors: [...error.faults] }),
  };
}

/** What was asked for when something was thrown. */
export interface Asked {
  method?: string;
  /** Of the route, in bytes. */
  bodyLimit?: number;
}

/** They store nothing. */
const READS = ['GET', 'HEAD'];

/**
 * Any thrown thing as a refusal: ours as it is, the web server's own ones by their code, an unreachable
 * database as 503, and the rest as a 500 that tells a client nothing.
 */
export function toBugleError(thrown: unknown, { method, bodyLimit }: Asked = {}): BugleError {
  if (thrown instanceof BugleError) return thrown;
  const known = ofWebServer(thrown, bodyLimit);
  if (known) return known;
  if (isOutage(thrown)) {
    const advice = READS.includes(method ?? '')
      ? 'Ask again in a moment.'
      : 'What you sent may or may not have been stored: repeat it, with the same id or Idempotency-Key.';
    const message = `The database cannot be reached. ${advice}`;
    return new BugleError(503, 'database_unavailable', message);
  }
  return new BugleError(500, 'internal_error', 'Something went wrong on our side. It was logged.');
}

/** Fastify's and Nest's own refusals, which happen before any code of ours runs. */
function ofWebServer(thrown: unknown, bodyLimit?: number): BugleError | undefined {
  const status = statusOf(thrown);
  switch (status) {
    case 404:
      return new BugleError(
        404,
        'no_such_route',
        'There is nothing at this address. GET /openapi.json lists every route.',
      );
    case 413:
      return new BugleError(
        413,
        'body_too_large',
        `The body is larger than the ${bodyLimit ?? 0} bytes that this route accepts.`,
      );
    case 415:
      return new BugleError(
        415,
        'unsupported_media_type',
        'Send JSON with the header content-type: application/json.',
      );
    default:
      return status >= 400 && status < 500
        ? new BugleError(status, 'bad_request', 'The request cannot be understood.')
        : undefined;
  }
}

function statusOf(thrown: unknown): number {
  if (typeof thrown !== 'object' || thrown === null) return 0;
  if ('getStatus' in thrown && typeof thrown.getStatus === 'function')
    return Number(thrown.getStatus());
  return 'statusCode' in thrown ? Number(thrown.statusCode) : 0;
}
