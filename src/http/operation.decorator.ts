import { ApiOperation } from '@nestjs/swagger';

/** Summary and description of a route in the OpenAPI document. */
export const Operation = (summary: string, description?: string) =>
  ApiOperation({ summary, ...(description && { description }) });
