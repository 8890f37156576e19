import { Column, CreateDateColumn, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { Automation } from './automation.entity.js';
import type { AutomationSettings } from './automation.js';

/** An automation as one edit left it, and whose key made the edit. Never changed. */
@Entity('automation_revisions')
export class AutomationRevision {
  @PrimaryColumn('uuid', { name: 'automation_id' })
  @ForeignKey(() => Automation, {
    name: 'automation_revisions_automation_id_fkey',
    onDelete: 'CASCADE',
  })
  automationId: string;

  @PrimaryColumn('integer')
  revision: number;

  @Column('uuid', { name: 'workspace_id' })
  workspaceId: string;

  @Column('json')
  definition: AutomationSettings;

  /** Id of an API key. */
  @Column('uuid', { name: 'edited_by' })
  editedBy: string;

  @CreateDateColumn({ name: 'edited_at', type: 'timestamptz' })
  editedAt: Date;
}
