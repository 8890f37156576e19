import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { CONFIG, type Config } from '../../config/index.js';
import { LOGGER } from '../../logger.js';
import { TargetService, type WebhookTarget } from '../../webhooks/index.js';
import type { ClaimedDelivery } from '../delivery.js';
import { DeliveryHandoff } from '../delivery-handoff.js';
import { DeliveryQueueRepository } from './delivery-queue.repository.js';
import { KeyCursors } from './key-cursors.js';
import type { LaneLoad, Place } from './lanes.js';
import { LeaseService, type NewLease } from './lease.service.js';
import { PresenceService } from './presence.service.js';
import { TurnService } from './turn.service.js';

/** Between two claims that look for what can be sent among many keys, after one that found nothing. */
const SEARCH_PAUSE_MS = 20;

/**
 * Keeps the lanes filled with what it claims from the queue. All that it holds is under a lease in the database, so
 * that nothing is lost with it.
 */
@Injectable()
export class DeliveryWorkerService {
  private readonly cursors = new KeyCursors();
  private claiming: Promise<void> | undefined;
  private waitingForRoom: (() => void)[] = [];
  private isTaking = false;

  constructor(
    private readonly queue: DeliveryQueueRepository,
    private readonly handoff: DeliveryHandoff,
    private readonly presence: PresenceService,
    private readonly leases: LeaseService,
    private readonly turns: TurnService,
    private readonly targets: TargetService,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    const holder = await this.presence.appear();
    this.turns.start(() => this.claimNext());
    this.leases.start(holder, (lost) => {
      this.turns.renewed(lost);
      this.claimNext();
    });
    this.isTaking = true;
    this.handoff.consume({
      look: (webhookIds) => this.lookAt(webhookIds),
      room: () => this.room(),
    });
  }

  /**
   * Takes nothing more and hands back what has not begun. Requests under way have the grace time to end; the rest is
   * cut off, and due again at once.
   */
  async stop(): Promise<void> {
    this.isTaking = false;
    const consuming = this.handoff.stopConsuming();
    this.tellRoom();
    await consuming;
    // A claim that is under way hands back what it brings: the grace time does not wait for it.
    await Promise.all([this.claiming, this.turns.stop()]);
    await this.leases.stop();
  }

  /** What this worker holds at this moment. */
  get load(): LaneLoad {
    return this.turns.lanes.load;
  }

  /** Looks for due deliveries of these webhooks. Their workspaces are named where they are known. */
  look(webhooks: readonly { webhookId: string; workspaceId?: string }[]): void {
    const { lanes } = this.turns;
    for (const { webhookId, workspaceId } of webhooks) lanes.announce(webhookId, workspaceId);
    this.claimNext();
  }

  /** The lease under which this worker would hold something that is stored now; undefined when it takes nothing. */
  lease(): NewLease | undefined {
    return this.isTaking && this.leases.areFresh() ? this.leases.lease() : undefined;
  }

  /** Makes room for a delivery that is about to be enqueued, if there is some. */
  reserve(place: Place): boolean {
    return this.turns.lanes.reserve(place);
  }

  /** Gives up room that was reserved. */
  release(place: Place): void {
    this.turns.lanes.release(place);
  }

  /**
   * Sends, each in its turn, what room was taken for and what is under this worker's lease. What cannot be sent is handed
   * back, and its room with it.
   */
  async send(deliveries: readonly ClaimedDelivery[], lease: NewLease): Promise<void> {
    this.leases.hold(deliveries, lease);
    const targets = await this.targetsOf(deliveries);
    const unsendable: ClaimedDelivery[] = [];
    for (const delivery of deliveries) {
      const target = targets.get(delivery.webhookId);
      const isGone = delivery.webhookRevision === 0 || !this.isTaking;
      if (target && !isGone) this.turns.lanes.start({ target, ...delivery });
      else unsendable.push(delivery);
    }
    await this.turns.handBack(unsendable);
  }

  private lookAt(webhookIds: readonly string[]): void {
    this.look(webhookIds.map((webhookId) => ({ webhookId })));
  }

  /** Resolves when more could be claimed; also when this worker takes nothing any more. */
  private room(): Promise<void> {
    if (this.hasRoom() || !this.isTaking) return Promise.resolve();
    return new Promise((resolve) => this.waitingForRoom.push(resolve));
  }

  private hasRoom(): boolean {
    return this.lease() !== undefined && this.turns.lanes.hasRoom;
  }

  private tellRoom(): void {
    for (const resolve of this.waitingForRoom.splice(0)) resolve();
  }

  /** One claim at a time: while it runs, room becomes free and is filled together by the next. */
  private claimNext(): void {
    if (this.waitingForRoom.length > 0 && this.hasRoom()) this.tellRoom();
    const lease = this.lease();
    if (this.claiming || !lease) return;
    const wanted = this.turns.lanes.takeWanted();
    if (wanted.size === 0) return;
    this.claiming = this.claim(wanted, lease)
      .catch((error: unknown) => this.logger.error({ err: error }, 'delivery.claim_failed'))
      .then(() => {
        this.claiming = undefined;
        this.claimNext();
      });
  }

  private async claim(wanted: ReadonlyMap<string, number>, lease: NewLease): Promise<void> {
    const { lanes } = this.turns;
    const claim = await this.queue.claim(wanted, lease, {
      probeFrom: this.config.BUGLE_BREAKER_FAILURES,
      fromKeys: this.cursors.all,
    });
    const { claimed } = claim;
    for (const delivery of claimed) {
      lanes.hold(delivery);
      if (delivery.isProbe) lanes.slowDown(delivery.webhookId);
    }
    const { now, later } = this.cursors.move(wanted, claim);
    for (const webhookId of now) lanes.announce(webhookId);
    if (later.length > 0) setTimeout(() => this.searchOn(later), SEARCH_PAUSE_MS).unref();
    await this.send(claimed, lease);
  }

  private searchOn(webhookIds: readonly string[]): void {
    this.cursors.resume(webhookIds);
    this.lookAt(webhookIds);
  }

  /** None when they cannot be read now: the deliveries are handed back, and come due again. */
  private async targetsOf(
    deliveries: readonly ClaimedDelivery[],
  ): Promise<ReadonlyMap<string, WebhookTarget>> {
    const revisions = new Map(
      deliveries.map(({ webhookId, webhookRevision }) => [webhookId, webhookRevision]),
    );
    try {
      return await this.targets.load(revisions, Date.now());
    } catch (error) {
      this.logger.error({ err: error }, 'delivery.targets_failed');
      return new Map();
    }
  }
}
