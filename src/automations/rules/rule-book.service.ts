import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Logger } from 'pino';
import { DatabaseSession, Turns } from '../../database/index.js';
import type { StoredEvent } from '../../event-bus/index.js';
import { LOGGER } from '../../logger.js';
import { LruCache } from '../../lru-cache.js';
import { RULES_CHANNEL } from '../../workspaces/index.js';
import { type ContextWorkspace, contextWorkspaceOf, eventContext } from '../context/context.js';
import { isConcerned, type Rule, wasEnabled } from './rule.js';
import { type RuleChanges, RuleRepository, type RulesVersion } from './rule.repository.js';
import { RuleIndex } from './rule-index.js';

/** The live rules of a workspace. */
export interface WorkspaceRules {
  readonly workspace: ContextWorkspace;
  /** The rules that may match, in the order in which they run. Those that are left out cannot. */
  matching(event: StoredEvent): readonly Rule[];
}

/** A workspace's rules as of a version, or newer. */
interface Book {
  version: number;
  readonly rules: RuleIndex;
}

/** Requests and answers get a turn of the event loop after this long. */
const MAX_TURN_MS = 5;
/** What the rules of all workspaces may take together. Those that were asked for last are kept whatever they take. */
const MAX_BYTES = 96 * 1024 * 1024;

/**
 * Every workspace's rules, indexed. Each look-up asks for the version first (one small query for a whole chunk of
 * events): a rule that was edited is never applied in its old form after the edit was answered. Of an edit only what it
 * has changed is read, and mostly before an event needs it: a notice comes with each.
 */
@Injectable()
export class RuleBookService implements OnModuleInit, OnModuleDestroy {
  private readonly books = new LruCache<Book>(MAX_BYTES, ({ rules }) => rules.bytes);
  private readonly loading = new Map<string, Promise<Book>>();
  private readonly noticed = new Set<string>();
  private refreshing: Promise<void> | undefined;
  private closed = false;

  constructor(
    private readonly repository: RuleRepository,
    private readonly session: DatabaseSession,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit(): Promise<void> {
    return this.session.listen(RULES_CHANNEL, (workspaceId) => this.notice(workspaceId));
  }

  async onModuleDestroy(): Promise<void> {
    this.closed = true;
    this.noticed.clear();
    await this.refreshing;
  }

  /** The rules of a workspace as they are now, or newer; undefined when it was deleted. */
  async load(workspaceId: string): Promise<WorkspaceRules | undefined> {
    const version = await this.repository.version(workspaceId);
    return version && rulesOf(version, (await this.upToDate(version)).rules);
  }

  /** One load of a workspace at a time: two could be applied in the wrong order. */
  private async upToDate(wanted: RulesVersion): Promise<Book> {
    const { id, version } = wanted;
    for (let other = this.loading.get(id); other; other = this.loading.get(id)) {
      await other.catch(() => undefined);
    }
    const known = this.books.get(id);
    if (known && known.version >= version) return known;
    const loading = this.read(wanted, known).finally(() => this.loading.delete(id));
    this.loading.set(id, loading);
    return loading;
  }

  /** Rules are read after the version: they may be newer than it says, and are read once more then, but never older. */
  private async read({ id, version }: RulesVersion, known: Book | undefined): Promise<Book> {
    const changes = known && (await this.repository.changesSince(id, known.version));
    const isEnough = changes !== undefined && changes.version >= version;
    const book = known && isEnough ? known : { version, rules: new RuleIndex() };
    if (isEnough) await this.apply(id, book, changes);
    else await putAll(this.repository.all(id), book.rules);
    this.books.set(id, book);
    return book;
  }

  /** Rule by rule, in place: whoever looks meanwhile sees each rule either as it was or as it is. */
  private async apply(id: string, book: Book, changes: RuleChanges): Promise<void> {
    const live = await putAll(this.repository.changed(id, changes), book.rules);
    for (const ruleId of affectedBy(changes, book.rules)) {
      if (!live.has(ruleId)) book.rules.delete(ruleId);
    }
    book.version = changes.version;
  }

  /** An event that comes next need not wait then. Nothing depends on it: every load asks for the version. */
  private notice(workspaceId: string): void {
    if (this.closed || !this.books.has(workspaceId)) return;
    this.noticed.add(workspaceId);
    this.refreshing ??= this.refresh().finally(() => (this.refreshing = undefined));
  }

  private async refresh(): Promise<void> {
    // What is added meanwhile comes last, even what was there before.
    for (const workspaceId of this.noticed) {
      this.noticed.delete(workspaceId);
      await this.load(workspaceId).catch((error: unknown) =>
        this.logger.warn({ err: error }, 'rules.not_refreshed'),
      );
    }
  }
}

/** In turns, since there may be very many. Answers their ids. */
async function putAll(pages: AsyncIterable<Rule[]>, rules: RuleIndex): Promise<Set<string>> {
  const ids = new Set<string>();
  const turns = new Turns(MAX_TURN_MS);
  for await (const page of pages) {
    for (const rule of page) {
      rules.put(rule);
      ids.add(rule.id);
      await turns.yield();
    }
  }
  return ids;
}

/** Whatever is known and may be gone: with a webhook, all rules that use it. */
function affectedBy({ automationIds, webhookIds }: RuleChanges, rules: RuleIndex): string[] {
  if (webhookIds.length === 0) return automationIds;
  const webhooks = new Set(webhookIds);
  const onThem = [...rules].filter(({ webhook }) => webhooks.has(webhook.id));
  return [...automationIds, ...onThem.map(({ id }) => id)];
}

function rulesOf(version: RulesVersion, rules: RuleIndex): WorkspaceRules {
  const workspace = contextWorkspaceOf(version);
  const matching = (event: StoredEvent): readonly Rule[] => {
    if (event.targetWebhookId === null) {
      // Any time does for `now`: no rule is looked up by it.
      const found = rules.candidates(event.type, eventContext(event, workspace, event.createdAt));
      return found.filter((rule) => wasEnabled(rule, event));
    }
    const own = rules.get(event.targetWebhookId);
    return own && isConcerned(own, event) && wasEnabled(own, event) ? [own] : [];
  };
  return { workspace, matching };
}
