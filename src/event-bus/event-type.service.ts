import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository } from 'typeorm';
import { answerWithin, DatabaseSession, isUniqueViolation, newId } from '../database/index.js';
import { BugleError, type Fault, invalidInput } from '../errors.js';
import type { JsonObject } from '../json.js';
import { WorkspaceService } from '../workspaces/index.js';
import type { KnownTypes } from './triggers.js';
import {
  BUILT_IN_EVENT_TYPES,
  builtInEventType,
  type EventExample,
  isOperational,
} from './catalogue/index.js';
import { checkSchema, compileDataCheck, type DataCheck } from './data-schema.js';
import type { Publication } from './event.js';
import { EventType } from './event-type.entity.js';
import { Suggestions } from './suggestions.js';
import { unknownEventType } from './unknown-event-type.js';

/** What an admin says of an own event type. */
export interface EventTypeInput {
  name: string;
  group: string;
  description: string;
  example: EventExample;
  schema?: JsonObject | null;
}

/** A workspace's catalogue as publishing needs it. */
interface Catalogue {
  names: ReadonlySet<string>;
  checks: ReadonlyMap<string, DataCheck>;
  acceptsUnknown: boolean;
}

const CHANNEL = 'event_types';
/** A producer waits for it. */
const ANSWER_WITHIN_MS = 5_000;
/** Bounds what a catalogue costs in memory. Types made at the same moment may exceed it by a few. */
const MAX_OWN_TYPES = 1000;
const BUILT_IN_NAMES = BUILT_IN_EVENT_TYPES.map((type) => type.name);

/** The catalogue: the built-in types and each workspace's own. */
@Injectable()
export class EventTypeService implements OnModuleInit {
  private readonly catalogues = new Map<string, Promise<Catalogue>>();

  constructor(
    @InjectRepository(EventType) private readonly types: Repository<EventType>,
    private readonly workspaces: WorkspaceService,
    private readonly session: DatabaseSession,
  ) {}

  async onModuleInit(): Promise<void> {
    const forget = (workspaceId: string) => void this.catalogues.delete(workspaceId);
    await this.session.listen(CHANNEL, forget);
    await this.workspaces.onChanged(forget);
    // While the connection was away, notices may have been missed.
    await this.session.onConnect(() => Promise.resolve(this.catalogues.clear()));
  }

  /** A workspace's own types, by name. */
  own(workspaceId: string): Promise<EventType[]> {
    return this.types.find({ where: { workspaceId }, order: { name: 'ASC' } });
  }

  /** Those of a workspace's own types that have one of these names, by name. */
  ownNamed(workspaceId: string, names: readonly string[]): Promise<EventType[]> {
    return this.types.find({ where: { workspaceId, name: In(names) }, order: { name: 'ASC' } });
  }

  /** Which names triggers and subscriptions may use, beside wildcards. */
  async triggerable(workspaceId: string): Promise<KnownTypes> {
    const { names, acceptsUnknown } = await this.catalogue(workspaceId);
    return { names: [...names], acceptsUnknown };
  }

  /** A typical event of a type, if the type is known. */
  async example(workspaceId: string, name: string): Promise<EventExample | undefined> {
    const own = await this.types.findOneBy({ workspaceId, name });
    return own?.example ?? builtInEventType(name)?.example;
  }

  /** Faults of what a producer publishes: a type that is not in the catalogue or not its to publish, data that the schema forbids. */
  async check(
    workspaceId: string,
    { type, data }: Pick<Publication, 'type' | 'data'>,
    suggestions = new Suggestions(),
  ): Promise<Fault[]> {
    if (isOperational(type)) return [RESERVED];
    const { names, checks, acceptsUnknown } = await this.catalogue(workspaceId);
    const check = checks.get(type);
    if (check) return check(data);
    if (acceptsUnknown || names.has(type)) return [];
    return [{ path: 'type', ...unknownEventType(suggestions.nearest(type, names)) }];
  }

  /** @throws BugleError 409 `name_taken`, `too_many_event_types`, 422 for a schema that cannot be used. */
  async create(workspaceId: string, input: EventTypeInput): Promise<EventType> {
    refuseFaults(input);
    if (builtInEventType(input.name)) throw nameTaken(input.name);
    await this.refuseTooMany(workspaceId);
    const id = newId();
    try {
      await this.types.query(
        `INSERT INTO event_types (id, workspace_id, name, "group", description, example, schema)
         VALUES ($1, $2, $3, $4, $5, $6, $7)`,
        [id, workspaceId, input.name, ...valuesOf(input)],
      );
    } catch (error) {
      throw isUniqueViolation(error, 'event_types_name_key') ? nameTaken(input.name) : error;
    }
    await this.changed(workspaceId);
    return this.types.findOneByOrFail({ id });
  }

  /** @throws BugleError 404, 422 for a schema that cannot be used. */
  async update(
    workspaceId: string,
    name: string,
    patch: Partial<Omit<EventTypeInput, 'name'>>,
  ): Promise<EventType> {
    const type = Object.assign(await this.getOwn(workspaceId, name), patch);
    refuseFaults(type);
    await this.types.query(
      `UPDATE event_types SET "group" = $2, description = $3, example = $4, schema = $5, updated_at = now()
       WHERE id = $1`,
      [type.id, ...valuesOf(type)],
    );
    await this.changed(workspaceId);
    return this.getOwn(workspaceId, name);
  }

  /** Events of the type stay. @throws BugleError 404 */
  async delete(workspaceId: string, name: string): Promise<void> {
    await this.types.remove(await this.getOwn(workspaceId, name));
    await this.changed(workspaceId);
  }

  private async refuseTooMany(workspaceId: string): Promise<void> {
    if ((await this.types.countBy({ workspaceId })) < MAX_OWN_TYPES) return;
    throw new BugleError(
      409,
      'too_many_event_types',
      `A workspace has at most ${MAX_OWN_TYPES} event types of its own. Delete some that are not used.`,
    );
  }

  private async getOwn(workspaceId: string, name: string): Promise<EventType> {
    const type = await this.types.findOneBy({ workspaceId, name });
    if (type) return type;
    const hint = builtInEventType(name) ? ' It is built in and cannot be edited.' : '';
    throw new BugleError(
      404,
      'not_found',
      `This workspace has no event type of its own named ${JSON.stringify(name)}.${hint}`,
    );
  }

  private async changed(workspaceId: string): Promise<void> {
    this.catalogues.delete(workspaceId);
    await this.session.notify(this.types, CHANNEL, workspaceId);
  }

  private catalogue(workspaceId: string): Promise<Catalogue> {
    const cached = this.catalogues.get(workspaceId);
    if (cached) return cached;
    const loading = answerWithin(ANSWER_WITHIN_MS, this.load(workspaceId));
    this.catalogues.set(workspaceId, loading);
    // A failed look-up must not stick.
    loading.catch(() => this.catalogues.delete(workspaceId));
    return loading;
  }

  private async load(workspaceId: string): Promise<Catalogue> {
    const [own, workspace] = await Promise.all([
      // Without the examples, which are most of what a catalogue weighs.
      this.types.find({ where: { workspaceId }, select: { id: true, name: true, schema: true } }),
      this.workspaces.get(workspaceId),
    ]);
    const checks = own.flatMap(({ name, schema }): [string, DataCheck][] =>
      schema ? [[name, compiledAtFirst(schema)]] : [],
    );
    return {
      names: new Set([...BUILT_IN_NAMES, ...own.map((type) => type.name)]),
      checks: new Map(checks),
      acceptsUnknown: workspace.acceptUnknownTypes,
    };
  }
}

const RESERVED: Fault = {
  path: 'type',
  code: 'reserved_event_type',
  message: 'is published by Bugle itself; automations and webhooks may subscribe to it',
};

/** Compiling takes milliseconds: it waits for the first event of the type. */
function compiledAtFirst(schema: JsonObject): DataCheck {
  let check: DataCheck | undefined;
  return (data) => {
    check ??= compileDataCheck(schema);
    return check(data);
  };
}

function nameTaken(name: string): BugleError {
  return new BugleError(
    409,
    'name_taken',
    `There is already an event type named ${JSON.stringify(name)}.`,
  );
}

/** The schema must be usable, and the example must meet it. */
function refuseFaults({ schema, example }: Pick<EventTypeInput, 'schema' | 'example'>): void {
  if (!schema) return;
  const faults = checkSchema(schema).map((fault) => ({
    ...fault,
    path: fault.path ? `schema.${fault.path}` : 'schema',
  }));
  if (faults.length > 0) throw invalidInput(faults);
  const contradictions = compileDataCheck(schema)(example.data);
  if (contradictions.length === 0) return;
  throw invalidInput(contradictions.map((fault) => ({ ...fault, path: `example.${fault.path}` })));
}

/** For a statement of our own: TypeORM's `save` follows inherited names and loses a field called toString. */
function valuesOf({
  group,
  description,
  example,
  schema,
}: Omit<EventTypeInput, 'name'>): unknown[] {
  return [group, description, JSON.stringify(example), schema ? JSON.stringify(schema) : null];
}
