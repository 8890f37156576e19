import { Column, CreateDateColumn, Entity, PrimaryColumn, Unique, UpdateDateColumn } from 'typeorm';

/** The tenant: every other row belongs to one. */
@Entity('workspaces')
@Unique('workspaces_name_key', ['name'])
export class Workspace {
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  name: string;

  /** Whether events of types outside of the catalogue are accepted, as long as the name is well formed. */
  @Column('boolean', { name: 'accept_unknown_types', default: false })
  acceptUnknownTypes: boolean;

  /** IANA name: rules show and reckon times in it. */
  @Column('text', { name: 'time_zone', default: 'UTC' })
  timeZone: string;

  /** Counts every edit of a webhook or an automation: what was compiled from an older version is stale. */
  @Column('bigint', { name: 'rules_version', default: 1 })
  rulesVersion: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
