import { Column, CreateDateColumn, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Workspace } from '../../workspaces/index.js';
import type { AutomationSettings } from '../automation.js';

/** An automation as one edit left it, and whose key made the edit. Never changed, and kept when the automation is deleted. */
@Entity('automation_revisions')
@Index('automation_revisions_workspace', ['workspaceId', 'automationId', 'revision'])
export class AutomationRevision {
  @PrimaryColumn('uuid', { name: 'automation_id' })
  automationId: string;

  @PrimaryColumn('integer')
  revision: number;

  @Column('uuid', { name: 'workspace_id' })
  @ForeignKey(() => Workspace, {
    name: 'automation_revisions_workspace_id_fkey',
    onDelete: 'CASCADE',
  })
  workspaceId: string;

  /** Null when this edit deleted the automation. */
  @Column('json', { nullable: true })
  definition: AutomationSettings | null;

  /** Why, where it was not simply an edit by a person. */
  @Column('text', { nullable: true })
  reason: string | null;

  /** Id of an API key; null for what Bugle did by itself. */
  @Column('uuid', { name: 'edited_by', nullable: true })
  editedBy: string | null;

  @CreateDateColumn({ name: 'edited_at', type: 'timestamptz' })
  editedAt: Date;
}
