import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Logger } from 'pino';
import { In, Repository } from 'typeorm';
import { LOGGER } from '../logger.js';
import { SecretBox, signatureKeys, type SignatureKeys } from './secret.js';
import {
  type RateLimit,
  Webhook,
  type WebhookMethod,
  type WebhookRetryPolicy,
} from './webhook.entity.js';

/** What sending needs to know of a webhook, its headers in clear. Never logged, never answered. */
export interface WebhookTarget {
  webhookId: string;
  revision: number;
  url: string;
  method: WebhookMethod;
  /** Undefined when the stored secret cannot be decrypted: nothing can be signed then. */
  keys: SignatureKeys | undefined;
  /** Of the secret before it; only while its grace time runs. */
  previousKeys?: SignatureKeys;
  headers: Record<string, string>;
  maskedHeaders: readonly string[];
  /** Null: as the settings say. */
  retryPolicy: WebhookRetryPolicy | null;
  /** Null: as fast as it can take them. */
  rateLimit: RateLimit | null;
}

interface Known {
  webhook: Webhook;
  keys: SignatureKeys | undefined;
  previousKeys: SignatureKeys | undefined;
}

const MAX_KNOWN = 5_000;

/** Targets for the delivery worker. A row is read and decrypted once per revision. */
@Injectable()
export class TargetService {
  private readonly known = new Map<string, Known>();

  constructor(
    @InjectRepository(Webhook) private readonly webhooks: Repository<Webhook>,
    private readonly box: SecretBox,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** The targets of these webhooks at these revisions, or newer. A webhook that is gone is left out. */
  async load(
    wanted: ReadonlyMap<string, number>,
    now: number,
  ): Promise<Map<string, WebhookTarget>> {
    const stale = [...wanted].filter(
      ([id, revision]) => (this.known.get(id)?.webhook.revision ?? 0) < revision,
    );
    if (stale.length > 0) await this.read(stale.map(([id]) => id));
    const targets = [...wanted.keys()].flatMap((id): [string, WebhookTarget][] => {
      const known = this.known.get(id);
      return known ? [[id, toTarget(known, now)]] : [];
    });
    return new Map(targets);
  }

  private async read(ids: string[]): Promise<void> {
    if (this.known.size + ids.length > MAX_KNOWN) this.known.clear();
    for (const webhook of await this.webhooks.findBy({ id: In(ids) })) {
      const { id, secret, previousSecret } = webhook;
      this.known.set(id, {
        webhook,
        keys: this.open(secret, id),
        previousKeys: previousSecret ? this.open(previousSecret, id) : undefined,
      });
    }
  }

  /** One secret that cannot be read must not keep the other webhooks' from being read. */
  private open(sealed: Buffer, id: string): SignatureKeys | undefined {
    try {
      return signatureKeys(this.box.open(sealed, id));
    } catch (error) {
      this.logger.error({ err: error, webhookId: id }, 'webhook.secret_unreadable');
      return undefined;
    }
  }
}

function toTarget({ webhook, keys, previousKeys }: Known, now: number): WebhookTarget {
  const { id, revision, url, method, headers, maskedHeaders, previousSecretExpiresAt } = webhook;
  const inGrace = previousSecretExpiresAt !== null && previousSecretExpiresAt.getTime() > now;
  const previous = inGrace && previousKeys ? { previousKeys } : {};
  const { retryPolicy, rateLimit } = webhook;
  return {
    webhookId: id,
    revision,
    url,
    method,
    keys,
    headers,
    maskedHeaders,
    retryPolicy,
    rateLimit,
    ...previous,
  };
}
