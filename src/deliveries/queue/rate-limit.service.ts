import { Injectable } from '@nestjs/common';
import {
  RateLimiterMemory,
  RateLimiterRedis,
  type RateLimiterAbstract,
  RateLimiterRes,
} from 'rate-limiter-flexible';
import { LruCache } from '../../lru-cache.js';
import { RedisConnections } from '../../redis/index.js';
import type { RateLimit } from '../../webhooks/index.js';

/** Different limits whose counters are kept. */
const MAX_LIMITS = 1_000;

/**
 * Counts the requests to webhooks that have a limit: in Redis for all workers together, and in memory without it. While
 * Redis is away each worker counts for itself: a limit is exceeded by as many workers as there are, rather than that
 * nothing is sent.
 */
@Injectable()
export class RateLimitService {
  private readonly limiters = new LruCache<RateLimiterAbstract>(MAX_LIMITS, () => 1);

  constructor(private readonly redis: RedisConnections) {}

  /** Counts a request to a webhook, if it may be made now: 0. Else the milliseconds until it is worth while to ask again. */
  async take(webhookId: string, limit: RateLimit): Promise<number> {
    try {
      await this.limiterOf(limit).consume(webhookId);
      return 0;
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) return Math.max(1, refusal.msBeforeNext);
      throw refusal;
    }
  }

  private limiterOf(limit: RateLimit): RateLimiterAbstract {
    const name = `${limit.requests}/${limit.seconds}`;
    const known = this.limiters.get(name);
    if (known) return known;
    const limiter = this.newLimiter(limit, name);
    this.limiters.set(name, limiter);
    return limiter;
  }

  /** The limit is part of the key: after it was edited, counting begins anew. */
  private newLimiter({ requests: points, seconds: duration }: RateLimit, name: string) {
    const keyPrefix = `${this.redis.prefix}:rate:${name}`;
    const memory = new RateLimiterMemory({ keyPrefix, points, duration });
    const { commands: storeClient } = this.redis;
    if (!storeClient) return memory;
    const insurance = { insuranceLimiter: memory, rejectIfRedisNotReady: true };
    return new RateLimiterRedis({ storeClient, keyPrefix, points, duration, ...insurance });
  }
}
