import {
  Column,
  CreateDateColumn,
  Entity,
  ForeignKey,
  Index,
  PrimaryColumn,
  Unique,
  UpdateDateColumn,
} from 'typeorm';
import { Workspace } from '../workspaces/index.js';

/** How a webhook is called. */
export type WebhookMethod = 'GET' | 'POST';

/** When what failed is tried again; what is left out is as the settings say. */
export interface WebhookRetryPolicy {
  /** Seconds to wait after the first, second, … failed attempt; after the last one the delivery is exhausted. */
  schedule?: number[];
  /** Each wait is spread evenly over ± this share of itself, 0 to 0.9. */
  jitter?: number;
  /** Answers with these status codes are not tried again. */
  finalStatusCodes?: number[];
}

/** So many requests in so many seconds, at most. */
export interface RateLimit {
  requests: number;
  seconds: number;
}

/** A target of requests; with event types of its own it is also a rule (no condition, default payload). */
@Entity('webhooks')
@Unique('webhooks_name_key', ['workspaceId', 'name'])
@Index('webhooks_workspace', ['workspaceId', 'id'])
export class Webhook {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'workspace_id' })
  @ForeignKey(() => Workspace, { name: 'webhooks_workspace_id_fkey', onDelete: 'CASCADE' })
  workspaceId: string;

  @Column('text')
  name: string;

  @Column('text', { nullable: true })
  description: string | null;

  @Column('text')
  url: string;

  @Column('text')
  method: WebhookMethod;

  /** Event types and wildcards it subscribes to; empty when only automations use it. */
  @Column('text', { array: true })
  events: string[];

  @Column('json')
  headers: Record<string, string>;

  /** Further headers whose values the log must not show. */
  @Column('text', { name: 'masked_headers', array: true })
  maskedHeaders: string[];

  /** Encrypted (secret.ts), bound to this row's id. */
  @Column('bytea')
  secret: Buffer;

  /** The secret before the last rotation, encrypted. */
  @Column('bytea', { name: 'previous_secret', nullable: true })
  previousSecret: Buffer | null;

  /** Until then `webhook-signature` carries both secrets' signatures. */
  @Column('timestamptz', { name: 'previous_secret_expires_at', nullable: true })
  previousSecretExpiresAt: Date | null;

  /** Null: as the settings say. */
  @Column('json', { name: 'retry_policy', nullable: true })
  retryPolicy: WebhookRetryPolicy | null;

  /** Null: as fast as it can take them. */
  @Column('json', { name: 'rate_limit', nullable: true })
  rateLimit: RateLimit | null;

  /** Whether its deliveries go one after the other, in the order of their events. */
  @Column('boolean', { default: false })
  ordered: boolean;

  /** With `ordered`: only events with the same value at this path, such as `data.id`, wait for each other. Null: all do. */
  @Column('text', { name: 'ordering_key', nullable: true })
  orderingKey: string | null;

  @Column('boolean')
  enabled: boolean;

  /** Why Bugle itself disabled it. */
  @Column('text', { name: 'disabled_reason', nullable: true })
  disabledReason: string | null;

  /**
   * Since when it is disabled, whatever was edited since. Processes of versions without this column write none: null of one
   * that is disabled says that such a process did it.
   */
  @Column('timestamptz', { name: 'disabled_at', nullable: true })
  disabledAt: Date | null;

  /** Counts its edits, from 1. */
  @Column('integer')
  revision: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;

  /** Since when it is disabled, as far as is known; null while it is enabled. */
  get disabledSince(): Date | null {
    return this.enabled ? null : (this.disabledAt ?? this.updatedAt);
  }
}
