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
import { Webhook } from '../webhooks/index.js';
import { Workspace } from '../workspaces/index.js';
import type { JsonObject } from '../json.js';
import type { TemplateFormat } from './automation.js';

/** A rule: when one of its triggers fires and its condition holds, its template is rendered and sent to its webhook. */
@Entity('automations')
@Unique('automations_name_key', ['workspaceId', 'name'])
@Index('automations_webhook', ['webhookId'])
@Index('automations_workspace', ['workspaceId', 'id'])
export class Automation {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'workspace_id' })
  @ForeignKey(() => Workspace, { name: 'automations_workspace_id_fkey', onDelete: 'CASCADE' })
  workspaceId: string;

  @Column('text')
  name: string;

  @Column('text', { nullable: true })
  description: string | null;

  /** Event types and wildcards. */
  @Column('text', { array: true })
  triggers: string[];

  /** JSON Logic; null matches always. */
  @Column('json', { nullable: true })
  condition: JsonObject | boolean | null;

  /** Null for the default payload. */
  @Column('text', { nullable: true })
  template: string | null;

  @Column('text', { name: 'template_format', default: 'json-text' })
  templateFormat: TemplateFormat;

  /** Of the body, with the format `text` only. */
  @Column('text', { name: 'content_type', nullable: true })
  contentType: string | null;

  @Column('uuid', { name: 'webhook_id' })
  @ForeignKey(() => Webhook, { name: 'automations_webhook_id_fkey' })
  webhookId: string;

  /** Lower runs first; ties by id. */
  @Column('integer')
  priority: number;

  @Column('boolean')
  enabled: boolean;

  /** Why Bugle itself disabled it. */
  @Column('text', { name: 'disabled_reason', nullable: true })
  disabledReason: string | null;

  /** How often this revision had to be stopped by force. */
  @Column('integer', { default: 0 })
  strikes: number;

  /** Counts its edits, from 1. */
  @Column('integer')
  revision: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
