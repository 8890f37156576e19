import {
  Column,
  CreateDateColumn,
  Entity,
  Index,
  PrimaryColumn,
  Unique,
  UpdateDateColumn,
} from 'typeorm';
import type { JsonObject } from '../json.js';

/** A rule: when one of its triggers fires and its condition holds, its template is rendered and sent to its webhook. */
@Entity('automations')
@Unique('automations_name_key', ['workspaceId', 'name'])
@Index('automations_webhook', ['webhookId'])
export class Automation {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'workspace_id' })
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

  /** Twig; null for the default payload. */
  @Column('text', { nullable: true })
  template: string | null;

  @Column('uuid', { name: 'webhook_id' })
  webhookId: string;

  /** Lower runs first; ties by id. */
  @Column('integer')
  priority: number;

  @Column('boolean')
  enabled: boolean;

  /** Counts its edits, from 1. */
  @Column('integer')
  revision: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
