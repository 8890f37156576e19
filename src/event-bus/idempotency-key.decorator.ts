import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { ApiHeaderOptions } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { invalidInput } from '../errors.js';

/** The header in the OpenAPI document. */
export const IDEMPOTENCY_HEADER: ApiHeaderOptions = {
  name: 'Idempotency-Key',
  required: false,
  description: 'Publishing with the same key again within 24 h gives the same event.',
  schema: { type: 'string', minLength: 1, maxLength: 255, example: 'order-4711-paid' },
};

/** The request's `Idempotency-Key`, or undefined. @throws BugleError 422 */
export const IdempotencyKey = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const header = context.switchToHttp().getRequest<FastifyRequest>().headers['idempotency-key'];
  if (header === undefined) return undefined;
  const key = String(header);
  if (/^[\x20-\x7e]{1,255}$/.test(key)) return key;
  throw invalidInput([
    {
      path: 'Idempotency-Key',
      code: 'invalid_format',
      message: 'expected 1 to 255 printable ASCII characters',
    },
  ]);
});
