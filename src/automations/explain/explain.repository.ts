import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { AutomationSettings } from '../automation.js';
import type { PastRule } from './explain.js';

/** At which time, and of which rules. */
interface PastRules {
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

/**
 * Of each rule the revision that a delivery names, or else the newest one of the time. The index is entered once for each
 * rule, however often it was edited. `only`: the one rule that is asked for, where $6 asks for one.
 */
const pastOf = (name: string, { table, id, only }: { table: string; id: string; only: string }) => `
  newest_${name} AS (
    (SELECT ${id} AS id, revision, reason, definition FROM ${table}
     WHERE workspace_id = $1 AND edited_at < $2 AND ($6::uuid IS NULL OR ${id} = ${only})
     ORDER BY ${id} DESC, revision DESC LIMIT 1)
    UNION ALL
    SELECT next.* FROM newest_${name} last, LATERAL (
      SELECT ${id}, revision, reason, definition FROM ${table}
      WHERE workspace_id = $1 AND edited_at < $2 AND ${id} < last.id
      ORDER BY ${id} DESC, revision DESC LIMIT 1
    ) next WHERE $6 IS NULL
  ), used_${name} AS (
    SELECT ${id} AS id, revision, reason, definition
    FROM used JOIN ${table} USING (${id}, revision)
    WHERE workspace_id = $1 AND ($6 IS NULL OR ${id} = ${only})
  ), past_${name} AS (
    SELECT * FROM used_${name}
    UNION ALL
    SELECT * FROM newest_${name} WHERE id NOT IN (SELECT id FROM used_${name})
  )`;

const AUTOMATIONS = { table: 'automation_revisions', id: 'automation_id', only: '$6' };
const WEBHOOKS = {
  table: 'webhook_revisions',
  id: 'webhook_id',
  only: '(SELECT "webhookId" FROM automation)',
};

/** Deleted ones have no definition and drop out. A webhook that subscribes to nothing is no rule. */
const RULES_AT = `
  WITH RECURSIVE used AS (
    SELECT id AS automation_id, id AS webhook_id, revision FROM unnest($3::uuid[], $4::integer[]) AS u (id, revision)
  ), ${pastOf('automation', AUTOMATIONS)}, automation AS (
    SELECT id, revision, reason, d.*
    FROM past_automation, json_to_record(definition)
      AS d (name text, triggers text[], enabled boolean, priority integer, "webhookId" uuid)
    WHERE definition IS NOT NULL
  ), ${pastOf('webhook', WEBHOOKS)}, webhook AS (
    SELECT id, revision, reason, d.*
    FROM past_webhook, json_to_record(definition) AS d (name text, events text[], enabled boolean)
    WHERE definition IS NOT NULL
  )
  SELECT id, false AS "isAutomation", name, revision, events AS triggers, enabled, reason,
    id AS "webhookId", name AS "webhookName", true AS "webhookEnabled", NULL AS "webhookReason", 0 AS priority
  FROM webhook WHERE $6 IS NULL AND (events <> '{}' OR id = $5)
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
