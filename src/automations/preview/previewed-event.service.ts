import { Injectable } from '@nestjs/common';
import { newId } from '../../database/index.js';
import { invalidInput, notFound } from '../../errors.js';
import {
  eventOf,
  EventRepository,
  EventTypeService,
  type Publication,
  type StoredEvent,
  unknownEventType,
} from '../../event-bus/index.js';
import { nearestName } from '../../nearest-name.js';

/** An event: one that is written out, a stored one, or a type's example. */
export type ChosenEvent = { event: Publication } | { eventId: string } | { eventType: string };

/** Finds the event that a rule is tried on, or makes it without storing it. */
@Injectable()
export class PreviewedEventService {
  constructor(
    private readonly events: EventRepository,
    private readonly eventTypes: EventTypeService,
  ) {}

  /** @throws BugleError 404 for an event that is not there, 422 for an event type that has no example. */
  async choose(workspaceId: string, chosen: ChosenEvent): Promise<StoredEvent> {
    if ('eventId' in chosen) return this.stored(workspaceId, chosen.eventId);
    const said =
      'event' in chosen ? chosen.event : await this.exampleOf(workspaceId, chosen.eventType);
    return eventOf(workspaceId, said, { id: newId(), createdAt: new Date().toISOString() });
  }

  private async stored(workspaceId: string, id: string): Promise<StoredEvent> {
    const event = await this.events.get(workspaceId, id);
    if (!event) throw notFound('event', id);
    return event;
  }

  private async exampleOf(workspaceId: string, type: string): Promise<Publication> {
    const example = await this.eventTypes.example(workspaceId, type);
    if (example) return { type, ...example };
    const { names } = await this.eventTypes.triggerable(workspaceId);
    throw invalidInput([{ path: 'eventType', ...unknownEventType(nearestName(type, names)) }]);
  }
}
