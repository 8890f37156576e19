import {
  Column,
  CreateDateColumn,
  Entity,
  ForeignKey,
  PrimaryColumn,
  Unique,
  UpdateDateColumn,
} from 'typeorm';
import { Workspace } from '../workspaces/index.js';
import type { JsonObject } from '../json.js';
import type { EventExample } from './catalogue/index.js';

/** A workspace's own entry of the catalogue. */
@Entity('event_types')
@Unique('event_types_name_key', ['workspaceId', 'name'])
export class EventType {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'workspace_id' })
  @ForeignKey(() => Workspace, { name: 'event_types_workspace_id_fkey', onDelete: 'CASCADE' })
  workspaceId: string;

  @Column('text')
  name: string;

  @Column('text')
  group: string;

  @Column('text')
  description: string;

  /** A typical event of this type. */
  @Column('json')
  example: EventExample;

  /** JSON Schema that `data` is checked against on publish, or null. */
  @Column('json', { nullable: true })
  schema: JsonObject | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
