import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { CONFIG, type Config, packageRoot } from '../config/index.js';
import { type Statement, Statements } from '../database/index.js';
import type { Fault } from '../errors.js';
import { LOGGER } from '../logger.js';
import type { CompiledRule } from './evaluate.js';
import {
  type AutomationRow,
  compareRules,
  type Rule,
  ruleOfAutomation,
  ruleOfWebhook,
  type WebhookRow,
} from './rule.js';
import { compileTemplate } from './template/index.js';

/** The live rules of a workspace, in the order in which they run. */
export interface WorkspaceRules {
  workspace: { id: string; name: string };
  rules: readonly CompiledRule[];
}

interface Cached extends WorkspaceRules {
  version: string;
}

interface Version {
  id: string;
  name: string;
  version: string;
}

const VERSIONS: Statement = {
  name: 'rules-versions',
  text: 'SELECT id, name, rules_version AS version FROM workspaces WHERE id = ANY ($1)',
};
const WEBHOOKS = `SELECT id, workspace_id AS "workspaceId", name, method, events, revision
  FROM webhooks WHERE workspace_id = ANY ($1) AND enabled`;
const AUTOMATIONS = `SELECT id, workspace_id AS "workspaceId", name, triggers, condition, template,
  webhook_id AS "webhookId", priority, revision
  FROM automations WHERE workspace_id = ANY ($1) AND enabled`;

/**
 * Every workspace's rules, compiled once per revision. Each look-up compares the workspace's version first (one small
 * query for a whole chunk of events): a rule that was edited is never applied in its old form after the edit was answered.
 */
@Injectable()
export class RuleBookService {
  private readonly cached = new Map<string, Cached>();
  private readonly defaultTemplate: CompiledRule['compiled'];

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly statements: Statements,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.defaultTemplate = this.compileDefault();
  }

  /** The rules of these workspaces as they are now. */
  async load(workspaceIds: ReadonlySet<string>): Promise<ReadonlyMap<string, WorkspaceRules>> {
    const versions = await this.statements.run<Version>(VERSIONS, [[...workspaceIds]]);
    const stale = versions.filter(({ id, version }) => this.cached.get(id)?.version !== version);
    if (stale.length > 0) await this.reload(stale);
    return new Map([...workspaceIds].flatMap((id) => entryOf(id, this.cached.get(id))));
  }

  /** A rule ready to be evaluated. What is known of the same revision is not compiled again. */
  compile(rule: Rule, known?: CompiledRule): CompiledRule {
    if (known?.revision === rule.revision) return { ...rule, compiled: known.compiled };
    if (rule.template === null) return { ...rule, compiled: this.defaultTemplate };
    const result = compileTemplate(rule.template, this.limits());
    if (result.ok) return { ...rule, compiled: result };
    const [fault = NO_REASON] = result.faults;
    this.logger.error({ ruleId: rule.id, revision: rule.revision, fault }, 'rule.not_compiled');
    return { ...rule, compiled: { ok: false, fault } };
  }

  /** The bounds of templates as configured. */
  limits() {
    return { source: this.config.BUGLE_MAX_TEMPLATE_BYTES, body: this.config.BUGLE_MAX_BODY_BYTES };
  }

  private async reload(workspaces: readonly Version[]): Promise<void> {
    const ids = workspaces.map(({ id }) => id);
    // Read after the versions: rules may be newer than their version says and are then read once more, never older.
    const webhooks = await this.dataSource.query<WebhookRow[]>(WEBHOOKS, [ids]);
    const automations = await this.dataSource.query<AutomationRow[]>(AUTOMATIONS, [ids]);
    const rules = rulesOf(webhooks, automations);
    for (const { id, name, version } of workspaces) {
      const known = new Map(this.cached.get(id)?.rules.map((rule) => [rule.id, rule]));
      const own = rules.filter((rule) => rule.workspaceId === id);
      const compiled = own.map((rule) => this.compile(rule, known.get(rule.id)));
      this.cached.set(id, {
        workspace: { id, name },
        version,
        rules: compiled.toSorted(compareRules),
      });
    }
  }

  private compileDefault(): CompiledRule['compiled'] {
    const source = readFileSync(join(packageRoot, 'templates', 'default.json.twig'), 'utf8');
    const result = compileTemplate(source, this.limits());
    if (!result.ok) throw new Error(`templates/default.json.twig: ${result.faults[0]?.message}`);
    return result;
  }
}

const NO_REASON: Fault = {
  path: 'template',
  code: 'template_error',
  message: 'The template does not compile.',
};

/** An automation whose webhook is disabled makes nothing. */
function rulesOf(webhooks: readonly WebhookRow[], automations: readonly AutomationRow[]): Rule[] {
  const byId = new Map(webhooks.map((webhook) => [webhook.id, webhook]));
  const ofAutomations = automations.flatMap((automation) => {
    const webhook = byId.get(automation.webhookId);
    return webhook ? [ruleOfAutomation(automation, webhook)] : [];
  });
  return [...webhooks.map(ruleOfWebhook), ...ofAutomations];
}

function entryOf(id: string, rules: WorkspaceRules | undefined): [string, WorkspaceRules][] {
  return rules ? [[id, rules]] : [];
}
