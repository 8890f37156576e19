import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { type Statement, Statements } from '../../database/index.js';
import type { WebhookMethod } from '../../webhooks/index.js';
import {
  type AutomationRow,
  type Ordering,
  type Rule,
  ruleOfAutomation,
  ruleOfWebhook,
  type WebhookRow,
} from './rule.js';

/** A workspace as rules see it, and the version of its rules. */
export interface RulesVersion {
  id: string;
  name: string;
  /** IANA name. */
  timeZone: string;
  version: number;
}

/** What was edited between two versions. */
export interface RuleChanges {
  /** The newer one. */
  version: number;
  automationIds: string[];
  webhookIds: string[];
}

interface ChangeRow {
  version: number;
  automationId: string | null;
  webhookId: string | null;
}

interface JoinedRow extends AutomationRow, Ordering {
  webhookName: string;
  webhookMethod: WebhookMethod;
}

/** Enough to be quick, few enough that nobody else waits long while they are parsed. */
const PAGE = 250;
const FIRST = '00000000-0000-0000-0000-000000000000';

// A version is read as float8, which pg gives as a number; it is exact up to 2^53.
const VERSION: Statement = {
  name: 'rules-version',
  text: `SELECT id, name, time_zone AS "timeZone", rules_version::float8 AS version
    FROM workspaces WHERE id = $1`,
};
const CHANGES: Statement = {
  name: 'rules-changes',
  text: `SELECT version::float8 AS version, webhook_id AS "webhookId", automation_id AS "automationId"
    FROM rule_changes WHERE workspace_id = $1 AND version > $2 ORDER BY version`,
};
/** Of what is disabled. A process of a version without the column writes none: what disabled it is then taken to be the last edit. */
const DISABLED_SINCE = 'COALESCE(w.disabled_at, w.updated_at)';
/**
 * What was accepted before a webhook was disabled still makes deliveries, which wait for it. Nothing that was accepted waits
 * for longer than this to be dispatched. Nothing was accepted for one that was made disabled.
 */
const IS_LIVE = `(w.enabled OR ${DISABLED_SINCE} > GREATEST(w.created_at, now() - interval '7 days'))`;
const DISABLED_AT = `CASE WHEN NOT w.enabled THEN ${DISABLED_SINCE} END AS "disabledAt"`;
const WEBHOOKS = `SELECT w.id, w.workspace_id AS "workspaceId", w.name, w.method, w.events, w.revision,
    w.ordered, w.ordering_key AS "orderingKey", ${DISABLED_AT}
  FROM webhooks w WHERE w.workspace_id = $1 AND w.id > $2 AND ${IS_LIVE}`;
const AUTOMATIONS = `SELECT a.id, a.workspace_id AS "workspaceId", a.name, a.triggers, a.condition, a.template,
    a.template_format AS "templateFormat", a.content_type AS "contentType", a.webhook_id AS "webhookId",
    a.priority, a.revision, w.name AS "webhookName", w.method AS "webhookMethod",
    w.ordered, w.ordering_key AS "orderingKey", ${DISABLED_AT}
  FROM automations a JOIN webhooks w ON w.id = a.webhook_id
  WHERE a.workspace_id = $1 AND a.id > $2 AND a.enabled AND ${IS_LIVE}`;

/** Reads the rules that are live: those of webhooks that are enabled, or were lately, and of enabled automations on them. */
@Injectable()
export class RuleRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly statements: Statements,
  ) {}

  /** Undefined when there is no such workspace. */
  async version(workspaceId: string): Promise<RulesVersion | undefined> {
    const [version] = await this.statements.run<RulesVersion>(VERSION, [workspaceId]);
    return version;
  }

  /** Undefined when it is not known of every edit since then: only the newest are kept. */
  async changesSince(workspaceId: string, known: number): Promise<RuleChanges | undefined> {
    const rows = await this.statements.run<ChangeRow>(CHANGES, [workspaceId, known]);
    const version = rows.at(-1)?.version ?? known;
    if (rows.length !== version - known) return undefined;
    return {
      version,
      automationIds: rows.flatMap(({ automationId }) => automationId ?? []),
      webhookIds: rows.flatMap(({ webhookId }) => webhookId ?? []),
    };
  }

  /** All rules of a workspace, page by page. */
  async *all(workspaceId: string): AsyncGenerator<Rule[]> {
    yield* this.ofWebhooks(WEBHOOKS, [workspaceId]);
    yield* this.ofAutomations(AUTOMATIONS, [workspaceId]);
  }

  /** The rules that these edits may have changed, as they are now, page by page. */
  async *changed(
    workspaceId: string,
    { automationIds, webhookIds }: RuleChanges,
  ): AsyncGenerator<Rule[]> {
    const edited = '(a.id = ANY ($3) OR a.webhook_id = ANY ($4))';
    if (webhookIds.length > 0) {
      yield* this.ofWebhooks(`${WEBHOOKS} AND w.id = ANY ($3)`, [workspaceId, webhookIds]);
    }
    yield* this.ofAutomations(`${AUTOMATIONS} AND ${edited}`, [
      workspaceId,
      automationIds,
      webhookIds,
    ]);
  }

  private async *ofWebhooks(select: string, values: unknown[]): AsyncGenerator<Rule[]> {
    for await (const rows of this.pages<WebhookRow>(select, values)) yield rows.map(ruleOfWebhook);
  }

  private async *ofAutomations(select: string, values: unknown[]): AsyncGenerator<Rule[]> {
    for await (const rows of this.pages<JoinedRow>(select, values)) yield rows.map(ruleOfJoined);
  }

  /** By id, which never changes: a row that is edited between two pages is neither missed nor read twice. */
  private async *pages<Row extends { id: string }>(
    select: string,
    [workspaceId, ...others]: unknown[],
  ): AsyncGenerator<Row[]> {
    const page = `${select} ORDER BY id LIMIT ${PAGE}`;
    let rows: Row[] = [];
    do {
      const after = rows.at(-1)?.id ?? FIRST;
      rows = await this.dataSource.query<Row[]>(page, [workspaceId, after, ...others]);
      yield rows;
    } while (rows.length === PAGE);
  }
}

function ruleOfJoined({ webhookName: name, webhookMethod: method, ...row }: JoinedRow): Rule {
  const { webhookId: id, ordered, orderingKey, disabledAt } = row;
  return ruleOfAutomation(row, { id, name, method, ordered, orderingKey, disabledAt });
}
