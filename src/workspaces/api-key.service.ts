import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, LessThan, Repository } from 'typeorm';
import { DatabaseSession, newId } from '../database/index.js';
import { BugleError, notFound } from '../errors.js';
import { ApiKey } from './api-key.entity.js';
import { generateApiKey, hashApiKey, hintOf } from './api-key.js';
import type { Scope } from './scopes.js';

/** Whoever a request was authenticated as. */
export interface Principal {
  keyId: string;
  workspaceId: string;
  scopes: Scope[];
}

/** What a new key is made of. */
export interface NewApiKey {
  name: string;
  scopes: Scope[];
  expiresAt?: Date | null;
}

/** How long a key that was looked up is trusted without asking again, should a revocation's notice get lost. */
const TRUST_MS = 10_000;
/** Also bounds how stale `lastUsedAt` may be: it is kept in memory and written in one statement. */
const WRITE_LAST_USED_MS = 30_000;
const MAX_CACHED = 10_000;
const CHANNEL = 'api_keys';

/** Makes, lists, revokes and recognises API keys. */
@Injectable()
export class ApiKeyService implements OnModuleInit, BeforeApplicationShutdown {
  private readonly trusted = new Map<string, { key: ApiKey; until: number }>();
  private readonly lastUsed = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @InjectRepository(ApiKey) private readonly keys: Repository<ApiKey>,
    private readonly session: DatabaseSession,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.session.listen(CHANNEL, () => this.trusted.clear());
    this.timer = setInterval(() => void this.writeLastUsed(), WRITE_LAST_USED_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.writeLastUsed();
  }

  /** @throws BugleError 401 `unauthorized`, with the same words for every reason. */
  async authenticate(token: string | undefined): Promise<Principal> {
    const now = Date.now();
    const key = token ? await this.find(hashApiKey(token), now) : undefined;
    if (!key || (key.expiresAt && key.expiresAt.getTime() <= now)) {
      throw new BugleError(
        401,
        'unauthorized',
        'Send a valid API key of your workspace: Authorization: Bearer bugle_…',
      );
    }
    this.lastUsed.set(key.id, now);
    return { keyId: key.id, workspaceId: key.workspaceId, scopes: key.scopes };
  }

  /** Answers the stored row and, this once, the key itself. */
  async create(
    workspaceId: string,
    { name, scopes, expiresAt }: NewApiKey,
    secret = generateApiKey(),
  ) {
    const key = this.keys.create({
      id: newId(),
      workspaceId,
      name,
      scopes,
      expiresAt: expiresAt ?? null,
      hash: hashApiKey(secret),
      hint: hintOf(secret),
      revokedAt: null,
      lastUsedAt: null,
    });
    await this.keys.insert(key);
    return { key: await this.keys.findOneByOrFail({ id: key.id }), secret };
  }

  /** Whether a key was ever made, revoked or not. */
  exists(secret: string): Promise<boolean> {
    return this.keys.existsBy({ hash: hashApiKey(secret) });
  }

  /** Newest first, one row more than the limit. Revoked keys stay listed: an audit asks for them. */
  list(workspaceId: string, limit: number, before?: string): Promise<ApiKey[]> {
    return this.keys.find({
      where: { workspaceId, ...(before && { id: LessThan(before) }) },
      order: { id: 'DESC' },
      take: limit + 1,
    });
  }

  /** @throws BugleError 404 */
  async rename(workspaceId: string, id: string, name: string): Promise<ApiKey> {
    const { affected } = await this.keys.update({ workspaceId, id }, { name });
    if (!affected) throw notFound('API key', id);
    return this.keys.findOneByOrFail({ id });
  }

  /** From the moment this answers, no process accepts the key. @throws BugleError 404 */
  async revoke(workspaceId: string, id: string): Promise<void> {
    const { affected } = await this.keys.update(
      { workspaceId, id, revokedAt: IsNull() },
      { revokedAt: new Date() },
    );
    if (!affected) throw notFound('active API key', id);
    this.trusted.clear();
    await this.session.notify(this.keys, CHANNEL);
  }

  private async find(hash: Buffer, now: number): Promise<ApiKey | undefined> {
    const cacheKey = hash.toString('base64');
    const cached = this.trusted.get(cacheKey);
    if (cached && cached.until > now) return cached.key;
    const key = await this.keys.findOneBy({ hash, revokedAt: IsNull() });
    if (!key) return undefined;
    if (this.trusted.size >= MAX_CACHED) this.trusted.clear();
    this.trusted.set(cacheKey, { key, until: now + TRUST_MS });
    return key;
  }

  private async writeLastUsed(): Promise<void> {
    const used = [...this.lastUsed];
    if (used.length === 0) return;
    this.lastUsed.clear();
    await this.keys.query(
      `UPDATE api_keys k SET last_used_at = to_timestamp(u.at / 1000.0)
       FROM unnest($1::uuid[], $2::float8[]) AS u (id, at) WHERE k.id = u.id`,
      [used.map(([id]) => id), used.map(([, at]) => at)],
    );
  }
}
