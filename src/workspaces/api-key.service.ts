import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnModuleInit,
} from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Logger } from 'pino';
import { IsNull, LessThan, MoreThan, Repository } from 'typeorm';
import {
  answerWithin,
  DatabaseSession,
  FailureLog,
  isOutage,
  newId,
  Repeating,
} from '../database/index.js';
import { BugleError, notFound } from '../errors.js';
import { LOGGER } from '../logger.js';
import { ApiKey } from './api-key.entity.js';
import { generateApiKey, hashApiKey, hintOf } from './api-key.js';
import type { Scope } from './scopes.js';
import { TrustedKeys } from './trusted-keys.js';

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

/** Also bounds how stale `lastUsedAt` may be: it is kept in memory and written in one statement. */
const WRITE_LAST_USED_MS = 30_000;
const CHANNEL = 'api_keys';
/** Every request waits for it. */
const ANSWER_WITHIN_MS = 5_000;
/** A database that does not answer within this is away, for whom it matters. */
const OUTAGE_MS = 1_000;

/** Makes, lists, revokes and recognises API keys. */
@Injectable()
export class ApiKeyService implements OnModuleInit, BeforeApplicationShutdown {
  private readonly trusted = new TrustedKeys<ApiKey>();
  private readonly lastUsed = new Map<string, number>();
  private readonly log: FailureLog;
  private readonly writing: Repeating;

  constructor(
    @InjectRepository(ApiKey) private readonly keys: Repository<ApiKey>,
    private readonly session: DatabaseSession,
    @Inject(LOGGER) logger: Logger,
  ) {
    const names = { failed: 'api_key.last_used_failed', restored: 'api_key.last_used_restored' };
    this.log = new FailureLog(logger, names);
    this.writing = Repeating.patient(() => this.writeLastUsed(), WRITE_LAST_USED_MS, this.log);
  }

  async onModuleInit(): Promise<void> {
    await this.session.listen(CHANNEL, () => this.trusted.clear());
    this.writing.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.writing.stop();
    // Nest would tell of it without a name. The database may be gone by now, and no stop depends on this.
    await this.writeLastUsed().catch((error: unknown) => this.log.failed(error));
  }

  /** @throws BugleError 401 `unauthorized`, with the same words for every reason. */
  async authenticate(token: string | undefined): Promise<Principal> {
    const now = Date.now();
    const key = token ? await this.find(token, now) : undefined;
    if (!key || (key.expiresAt && key.expiresAt.getTime() <= now)) {
      throw new BugleError(
        401,
        'unauthorized',
        'Send a valid API key of your workspace: Authorization: Bearer bugle_…',
      );
    }
    this.lastUsed.set(key.id, now);
    return principalOf(key);
  }

  /**
   * For what has to be readable while the database is away: a key that this process has let in before is let in then,
   * too. Nobody can have revoked it meanwhile. @throws BugleError 401 `unauthorized`
   */
  async authenticateInOutage(token: string | undefined): Promise<Principal> {
    const known = token ? this.trusted.lastKnown(hashApiKey(token)) : undefined;
    if (!known) return this.authenticate(token);
    return answerWithin(OUTAGE_MS, this.authenticate(token)).catch((error: unknown) => {
      if (!isOutage(error)) throw error;
      return principalOf(known);
    });
  }

  /** Answers the stored row and, this once, the key itself. */
  async create(workspaceId: string, settings: NewApiKey): Promise<{ key: ApiKey; secret: string }> {
    const secret = generateApiKey();
    const row = newKeyRow(workspaceId, settings, secret);
    await this.keys.insert(row);
    return { key: await this.keys.findOneByOrFail({ id: row.id }), secret };
  }

  /** Whether a key that was let in a while ago would still be let in. */
  isActive(id: string): Promise<boolean> {
    const isAlive = { revokedAt: IsNull() };
    const where = [
      { id, ...isAlive, expiresAt: IsNull() },
      { id, ...isAlive, expiresAt: MoreThan(new Date()) },
    ];
    return this.keys.existsBy(where);
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

  /**
   * From the moment this answers, this process refuses the key; others do as soon as they get the notice of it, and
   * after TRUST_MS if the notice is lost. @throws BugleError 404
   */
  async revoke(workspaceId: string, id: string): Promise<void> {
    const { affected } = await this.keys.update(
      { workspaceId, id, revokedAt: IsNull() },
      { revokedAt: new Date() },
    );
    if (!affected) throw notFound('active API key', id);
    this.trusted.clear();
    await this.session.notify(this.keys, CHANNEL);
  }

  private find(token: string, now: number): Promise<ApiKey | undefined> {
    const hash = hashApiKey(token);
    const lookUp = () => this.keys.findOneBy({ hash, revokedAt: IsNull() });
    return this.trusted.find(hash, now, () => answerWithin(ANSWER_WITHIN_MS, lookUp()));
  }

  private async writeLastUsed(): Promise<void> {
    const used = [...this.lastUsed];
    if (used.length === 0) return;
    await this.keys.query(
      `UPDATE api_keys k SET last_used_at = to_timestamp(u.at / 1000.0)
       FROM unnest($1::uuid[], $2::float8[]) AS u (id, at) WHERE k.id = u.id`,
      [used.map(([id]) => id), used.map(([, at]) => at)],
    );
    for (const [id, at] of used) if (this.lastUsed.get(id) === at) this.lastUsed.delete(id);
  }
}

function principalOf({ id, workspaceId, scopes }: ApiKey): Principal {
  return { keyId: id, workspaceId, scopes };
}

/** The row of a new key, for whoever stores it. */
export function newKeyRow(
  workspaceId: string,
  { name, scopes, expiresAt = null }: NewApiKey,
  secret: string,
): Omit<ApiKey, 'createdAt'> {
  return {
    id: newId(),
    workspaceId,
    name,
    scopes,
    expiresAt,
    hash: hashApiKey(secret),
    hint: hintOf(secret),
    revokedAt: null,
    lastUsedAt: null,
  };
}
