import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { RouteOptions } from 'fastify';
import type { Config } from '../config/index.js';
import { closeConnections } from './closing.js';
import { refuseBrokenHttp, refuseUnroutable } from './broken-request.js';
import { throwUnreadBodiesAway } from './unread-body.js';

const KIB = 1024;
/** Everything that is not an event: a template and a condition at their limits, with an inline event to preview. */
const DEFAULT_BODY = 512 * KIB;

/**
 * The web server. Bodies arrive as bytes, bounded per route while they are read, and are parsed by the
 * validation pipe behind the guards.
 */
export function createServer(config: Config): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: DEFAULT_BODY,
    routerOptions: { maxParamLength: 200 },
    // While it closes, requests on open connections are still answered as usual.
    return503OnClosing: false,
    requestTimeout: 30_000,
    frameworkErrors: refuseUnroutable,
    clientErrorHandler: refuseBrokenHttp,
  });
  const server = adapter.getInstance();
  closeConnections(server);
  throwUnreadBodiesAway(server);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  server.addHook('onRoute', (route: RouteOptions) => {
    const limit = bodyLimit(route.url, config);
    if (limit) route.bodyLimit = limit;
  });
  return adapter;
}

function bodyLimit(url: string, config: Config): number | undefined {
  const { BUGLE_MAX_BATCH_BYTES: batch, BUGLE_MAX_EVENT_BYTES: event } = config;
  if (url === '/v1/events/batch') return batch;
  // White space and escapes do not count: how large the event is, is known only when it has been read.
  if (url === '/v1/events') return Math.max(batch, event);
  return undefined;
}
