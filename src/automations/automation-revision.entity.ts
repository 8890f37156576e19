import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { AutomationSettings } from './automation.js';

/** An automation as one edit left it, and whose key made the edit. Never changed. */
@Entity('automation_revisions')
export class AutomationRevision {
  @PrimaryColumn('uuid', { name: 'automation_id' })
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
