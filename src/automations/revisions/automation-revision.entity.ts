import { Column, CreateDateColumn, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Workspace } from '../../workspaces/index.js';
import { type AutomationSettings, settingsOf } from '../automation.js';
import type { Automation } from '../automation.entity.js';

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

  /** The revision that an edit has just made. */
  static of(automation: Automation, { editedBy, reason }: Edit): AutomationRevision {
    const { id: automationId, workspaceId, revision } = automation;
    const definition = settingsOf(automation);
    return Object.assign(new AutomationRevision(), {
      automationId,
      revision,
      workspaceId,
      definition,
      reason,
      editedBy,
    });
  }

  /** The last revision, of an automation that is being deleted. */
  static ofDeleted(automation: Automation, editedBy: string): AutomationRevision {
    const last = AutomationRevision.of(automation, { editedBy, reason: null });
    return Object.assign(last, { revision: last.revision + 1, definition: null });
  }
}

/** Whose edit it is, and why where it is not simply one of a person. */
export type Edit = Pick<AutomationRevision, 'editedBy' | 'reason'>;
