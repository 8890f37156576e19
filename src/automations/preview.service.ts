import { Injectable } from '@nestjs/common';
import { derivedId, newId } from '../database/index.js';
import { type Rendered, requestOf } from '../deliveries/index.js';
import { BugleError, type Fault, invalidInput, notFound } from '../errors.js';
import {
  eventOf,
  EventRepository,
  EventTypeService,
  type Publication,
  type StoredEvent,
} from '../event-bus/index.js';
import { maskHeaders, TargetService, type Webhook, WebhookService } from '../webhooks/index.js';
import { allows, type Principal, WorkspaceService } from '../workspaces/index.js';
import { AutomationService } from './automation.service.js';
import { type Draft, DraftService } from './draft.service.js';
import { EvaluationService, type Outcome } from './evaluation/index.js';
import { isConcerned, type Rule, ruleOfAutomation } from './rules/rule.js';

/** What to preview: a stored automation or an unsaved one. */
export type PreviewedRule = { automationId: string } | (Draft & { triggers?: string[] });

/** Which event to preview it with: one written out, a stored one, or a type's example. */
export type PreviewedEvent = { event: Publication } | { eventId: string } | { eventType: string };

/** The request as it would be sent; secret header values masked. */
export interface PreviewedRequest {
  method: 'GET' | 'POST';
  /** Null while the draft names no webhook. */
  url: string | null;
  headers: Record<string, string>;
  body: string;
}

export interface Preview {
  /** Null when the rule cannot be evaluated at all: see `problems`. */
  matched: boolean | null;
  /** How the condition was decided; null where there is none, or it was not asked. */
  trace: NonNullable<Outcome['trace']> | null;
  request: PreviewedRequest | null;
  problems: Fault[];
}

/** Shown, they would let whoever may preview sign any body for any receiver. */
const SIGNATURES = ['signature', 'webhook-signature'];

type PreviewedDraft = Draft & { triggers?: string[]; id: string; name: string; revision: number };

/** Shows what a rule would make of an event. It sends nothing and stores nothing. */
@Injectable()
export class PreviewService {
  constructor(
    private readonly automations: AutomationService,
    private readonly drafts: DraftService,
    private readonly evaluations: EvaluationService,
    private readonly events: EventRepository,
    private readonly eventTypes: EventTypeService,
    private readonly webhooks: WebhookService,
    private readonly targets: TargetService,
    private readonly workspaces: WorkspaceService,
  ) {}

  /**
   * @throws BugleError 403 for a stored event that the caller may not read, 404 for an automation or event that is
   * not there, 422 for an event type without example.
   */
  async preview(
    { workspaceId, scopes }: Principal,
    previewed: PreviewedRule,
    chosen: PreviewedEvent,
  ): Promise<Preview> {
    if ('eventId' in chosen) requireReadLogs(scopes);
    const draft = await this.draftOf(workspaceId, previewed);
    const event = await this.chosenEvent(workspaceId, chosen);
    const problems = await this.drafts.check(workspaceId, draft);
    if (problems.length > 0) return { matched: null, trace: null, request: null, problems };
    const webhook = draft.webhookId
      ? await this.webhooks.get(workspaceId, draft.webhookId)
      : undefined;
    const rule = ruleOf(workspaceId, draft, webhook);
    if (draft.triggers && !isConcerned(rule, event)) return notTriggered(event.type);
    return this.evaluate(rule, event, webhook);
  }

  private async evaluate(
    rule: Rule,
    event: StoredEvent,
    webhook: Webhook | undefined,
  ): Promise<Preview> {
    const workspace = await this.workspaces.get(rule.workspaceId);
    const at = new Date();
    const deliveryId = derivedId(event.id, rule.id);
    const outcome = await this.evaluations.evaluate({
      rule,
      event,
      workspace: { id: workspace.id, name: workspace.name, timeZone: workspace.timeZone },
      now: at.toISOString(),
      deliveryId,
      trace: true,
    });
    const trace = outcome.trace ?? null;
    switch (outcome.kind) {
      case 'not_matched':
        return { matched: false, trace, request: null, problems: [] };
      case 'failed':
        return {
          matched: outcome.fault.path.startsWith('template') ? true : null,
          trace,
          request: null,
          problems: [outcome.fault],
        };
      case 'rendered': {
        const request = await this.requestOf(webhook, { ...outcome, deliveryId }, at);
        return { matched: true, trace, request, problems: [] };
      }
    }
  }

  private async requestOf(
    webhook: Webhook | undefined,
    { deliveryId, body, contentType }: Rendered & { deliveryId: string },
    at: Date,
  ): Promise<PreviewedRequest> {
    const bare: PreviewedRequest = {
      method: 'POST',
      url: null,
      headers: { 'content-type': contentType },
      body,
    };
    if (!webhook) return bare;
    const targets = await this.targets.load(
      new Map([[webhook.id, webhook.revision]]),
      at.getTime(),
    );
    const target = targets.get(webhook.id);
    if (!target) return bare;
    const built = requestOf(target, { deliveryId, body, contentType }, at);
    if (!built.ok) return bare;
    const { method, url, headers, maskedHeaders } = built.request;
    return {
      method,
      url,
      headers: maskHeaders(headers, [...SIGNATURES, ...maskedHeaders]),
      body: built.request.body ?? '',
    };
  }

  private async draftOf(workspaceId: string, previewed: PreviewedRule): Promise<PreviewedDraft> {
    if ('automationId' in previewed)
      return this.automations.get(workspaceId, previewed.automationId);
    return { ...previewed, id: newId(), name: 'draft', revision: 0 };
  }

  private async chosenEvent(workspaceId: string, chosen: PreviewedEvent): Promise<StoredEvent> {
    if ('eventId' in chosen) {
      const stored = await this.events.get(workspaceId, chosen.eventId);
      if (!stored) throw notFound('event', chosen.eventId);
      return stored;
    }
    const said =
      'event' in chosen ? chosen.event : await this.exampleOf(workspaceId, chosen.eventType);
    return eventOf(workspaceId, said, { id: newId(), createdAt: new Date().toISOString() });
  }

  private async exampleOf(workspaceId: string, type: string): Promise<Publication> {
    const example = await this.eventTypes.example(workspaceId, type);
    if (example) return { type, ...example };
    throw invalidInput([
      {
        path: 'eventType',
        code: 'unknown_event_type',
        message: 'is not an event type of this workspace',
      },
    ]);
  }
}

/** A template can print all of an event, so previewing a stored one is reading it. */
function requireReadLogs(scopes: Principal['scopes']): void {
  if (allows(scopes, ['read:logs'])) return;
  throw new BugleError(
    403,
    'missing_scope',
    'This key may not read stored events: eventId needs the scope read:logs. Give event or eventType instead.',
  );
}

function ruleOf(workspaceId: string, draft: PreviewedDraft, webhook: Webhook | undefined): Rule {
  const target = webhook ?? { id: newId(), name: 'no webhook yet', method: 'POST' as const };
  return ruleOfAutomation(
    { ...draft, workspaceId, triggers: draft.triggers ?? [], webhookId: target.id, priority: 0 },
    target,
  );
}

function notTriggered(type: string): Preview {
  const message = `None of the triggers fires for ${type}, so the condition is never asked.`;
  return {
    matched: false,
    trace: null,
    request: null,
    problems: [{ path: 'triggers', code: 'not_triggered', message }],
  };
}
