import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { AutomationSettings } from '../automation.js';
import type { PastRule } from './explain.js';

/** At which time, and of which rules. */
export interface PastRules {
  workspaceId: string;
  /** Edits from then on do not count. */
  before: Date;
  /** The revisions that the deliveries name: rule id and revision. They count whatever the time. */
  used: readonly { ruleId: string; revision: number }[];
  /** Its rule even if it subscribes to nothing. */
  targetWebhookId: string | null;
  automationId?: string;
}

interface Row {
  id: string;
  isAutomation: boolean;
  name: string;
  revision: number;
  triggers: string[];
  enabled: boolean;
  reason: string | null;
  webhookId: string;
  webhookName: string;
  webhookEnabled: boolean;
  webhookReason: string | null;
}

/** The revision of each rule that a delivery names, or else the newest one of the time; what it says is read later. */
const pastOf = (table: string, id: string) => `
  SELECT DISTINCT ON (r.${id}) r.${id}, r.revision
  FROM ${table} r LEFT JOIN used ON used.rule_id = r.${id}
  WHERE r.workspace_id = $1 AND (r.edited_at < $2 OR r.revision = used.revision)
  ORDER BY r.${id}, r.revision = used.revision DESC NULLS LAST, r.revision DESC`;

/** Deleted ones have no definition and drop out. A webhook that subscribes to nothing is no rule. */
const RULES_AT = `
  WITH used AS (SELECT * FROM unnest($3::uuid[], $4::integer[]) AS u (rule_id, revision)),
  webhook AS (
    SELECT webhook_id AS id, revision, r.reason, d.name, d.events, d.enabled
    FROM (${pastOf('webhook_revisions', 'webhook_id')}) past
    JOIN webhook_revisions r USING (webhook_id, revision),
      json_to_record(r.definition) AS d (name text, events text[], enabled boolean)
    WHERE r.definition IS NOT NULL
  ), automation AS (
    SELECT automation_id AS id, revision, r.reason, d.*
    FROM (${pastOf('automation_revisions', 'automation_id')}) past
    JOIN automation_revisions r USING (automation_id, revision),
      json_to_record(r.definition)
        AS d (name text, triggers text[], enabled boolean, priority integer, "webhookId" uuid)
    WHERE r.definition IS NOT NULL AND ($6::uuid IS NULL OR automation_id = $6)
  )
  SELECT id, false AS "isAutomation", name, revision, events AS triggers, enabled, reason,
    id AS "webhookId", name AS "webhookName", true AS "webhookEnabled", NULL AS "webhookReason", 0 AS priority
  FROM webhook WHERE $6::uuid IS NULL AND (events <> '{}' OR id = $5)
  UNION ALL
  SELECT a.id, true, a.name, a.revision, a.triggers, a.enabled, a.reason,
    a."webhookId", w.name, COALESCE(w.enabled, true), w.reason, a.priority
  FROM automation a LEFT JOIN webhook w ON w.id = a."webhookId"
  ORDER BY priority, id`;

/** Reads what rules were at a time, from their history. */
@Injectable()
export class ExplainRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** The rules that were there at a time, in the order in which they ran. */
  async rulesAt(past: PastRules): Promise<PastRule[]> {
    const rows = await this.dataSource.query<Row[]>(RULES_AT, [
      past.workspaceId,
      past.before,
      past.used.map(({ ruleId }) => ruleId),
      past.used.map(({ revision }) => revision),
      past.targetWebhookId,
      past.automationId ?? null,
    ]);
    return rows.map(toPastRule);
  }

  /** What these automations were at these revisions, by id. */
  async definitions(
    workspaceId: string,
    rules: readonly Pick<PastRule, 'id' | 'revision'>[],
  ): Promise<ReadonlyMap<string, AutomationSettings>> {
    const rows = await this.dataSource.query<{ id: string; definition: AutomationSettings }[]>(
      `SELECT automation_id AS id, definition FROM unnest($2::uuid[], $3::integer[]) AS wanted (automation_id, revision)
       JOIN automation_revisions USING (automation_id, revision) WHERE workspace_id = $1 AND definition IS NOT NULL`,
      [workspaceId, rules.map(({ id }) => id), rules.map(({ revision }) => revision)],
    );
    return new Map(rows.map(({ id, definition }) => [id, definition]));
  }
}

function toPastRule(row: Row): PastRule {
  const { id, name, revision, triggers, webhookId } = row;
  return {
    id,
    automation: row.isAutomation ? { id, name } : null,
    webhook: { id: webhookId, name: row.webhookName },
    revision,
    triggers,
    state: { enabled: row.enabled, reason: row.reason },
    webhookState: { enabled: row.webhookEnabled, reason: row.webhookReason },
  };
}
