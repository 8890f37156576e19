import { Column, CreateDateColumn, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Workspace } from '../workspaces/index.js';
import type { Webhook } from './webhook.entity.js';

/** What of a webhook makes a rule. Its address, headers and secret are in no history. */
export type WebhookDefinition = Pick<Webhook, 'name' | 'method' | 'events' | 'enabled'>;

/** A webhook's rule as one edit left it. Never changed, and kept when the webhook is deleted. */
@Entity('webhook_revisions')
@Index('webhook_revisions_workspace', ['workspaceId', 'webhookId', 'revision'])
export class WebhookRevision {
  @PrimaryColumn('uuid', { name: 'webhook_id' })
  webhookId: string;

  @PrimaryColumn('integer')
  revision: number;

  @Column('uuid', { name: 'workspace_id' })
  @ForeignKey(() => Workspace, {
    name: 'webhook_revisions_workspace_id_fkey',
    onDelete: 'CASCADE',
  })
  workspaceId: string;

  /** Null when this edit deleted the webhook. */
  @Column('json', { nullable: true })
  definition: WebhookDefinition | null;

  /** Why Bugle itself disabled it. */
  @Column('text', { nullable: true })
  reason: string | null;

  /** Id of an API key; null for what Bugle did by itself. */
  @Column('uuid', { name: 'edited_by', nullable: true })
  editedBy: string | null;

  @CreateDateColumn({ name: 'edited_at', type: 'timestamptz' })
  editedAt: Date;

  /** The revision that an edit by this key (null: by Bugle itself) has just made. */
  static of(webhook: Webhook, editedBy: string | null): WebhookRevision {
    const { id: webhookId, workspaceId, revision, disabledReason } = webhook;
    const { name, method, events, enabled } = webhook;
    return Object.assign(new WebhookRevision(), {
      webhookId,
      revision,
      workspaceId,
      definition: { name, method, events, enabled },
      reason: disabledReason ?? null,
      editedBy,
    });
  }

  /** The last revision, of a webhook that is being deleted. */
  static ofDeleted(webhook: Webhook, editedBy: string): WebhookRevision {
    const last = WebhookRevision.of(webhook, editedBy);
    return Object.assign(last, { revision: last.revision + 1, definition: null, reason: null });
  }
}
