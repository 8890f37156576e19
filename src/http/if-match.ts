import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { ApiHeaderOptions } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BugleError } from '../errors.js';

/** The header in the OpenAPI document. */
export const IF_MATCH_HEADER: ApiHeaderOptions = {
  name: 'If-Match',
  required: false,
  description:
    'ETag of the row as you read it: the edit is refused (412) when somebody was faster.',
  schema: { type: 'string', example: '"3"' },
};

/**
 * The revision that an `If-Match` header demands: `"3"` gives 3. Undefined without the header (or with `*`):
 * the edit then applies to whatever is there.
 */
export const IfMatch = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const header = context.switchToHttp().getRequest<FastifyRequest>().headers['if-match'];
  return parseIfMatch(header);
});

/** @throws BugleError 400 `invalid_if_match` */
export function parseIfMatch(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  const match = /^\s*(?:W\/)?"?(\d{1,9})"?\s*$/.exec(header);
  if (!match) {
    throw new BugleError(
      400,
      'invalid_if_match',
      'If-Match takes the ETag of the row as it was read: If-Match: "3".',
    );
  }
  return Number(match[1]);
}

/** Sets the ETag of an answer that has a revision. */
export function setETag(reply: FastifyReply, revision: number): void {
  void reply.header('etag', `"${revision}"`);
}
