import { jest } from '@jest/globals';
import { makeAutomation, makeWebhook, publish, settledDeliveries } from '../support/builders.js';
import type { Answer, Client } from '../support/client.js';
import { Receiver } from '../support/receiver.js';
import { startTestServer } from '../support/server.js';
import { Ground } from './crash.fixture.js';

jest.setTimeout(60_000);

const EDITS = 50;
const RANK = { var: 'data.rank' };

let receiver: Receiver;

beforeAll(async () => {
  receiver = await Receiver.start();
});
afterAll(() => receiver.stop());

/** A rule that is edited, and what an event of a captain makes of it right after each edit. */
class EditedRule {
  private constructor(
    private readonly api: Client,
    private readonly webhookId: string,
    private automationId: string,
  ) {}

  static async make(api: Client): Promise<EditedRule> {
    const { id } = await makeWebhook(api, { url: receiver.url });
    return new EditedRule(api, id, (await makeAutomation(api, { webhookId: id })).id);
  }

  /** One after the other, over and over; each says whether the rule fires afterwards. */
  private readonly steps: [edit: () => Promise<unknown>, fires: boolean][] = [
    [() => this.patch({ condition: { '==': [RANK, 'Private'] } }), false],
    [() => this.patch({ condition: { in: [RANK, ['Captain', 'Major']] } }), true],
    [() => this.patch({ enabled: false }), false],
    [() => this.patch({ enabled: true, triggers: ['user.*'] }), true],
    [() => this.patch({ triggers: ['user.updated'] }), false],
    [() => this.patch({ triggers: ['*'], priority: 7 }), true],
    [() => this.patchWebhook({ enabled: false }), false],
    [() => this.patchWebhook({ enabled: true }), true],
    [() => this.remove(), false],
    [() => this.create(), true],
  ];

  /** Answers the automation that fires from now on, if any. */
  async edit(number: number): Promise<string | undefined> {
    const [edit, fires] = this.steps[number % this.steps.length] ?? [];
    await edit?.();
    return fires ? this.automationId : undefined;
  }

  private async patch(differences: object): Promise<void> {
    expectGood(await this.api.patch(`/v1/automations/${this.automationId}`, differences));
  }

  private async patchWebhook(differences: object): Promise<void> {
    expectGood(await this.api.patch(`/v1/webhooks/${this.webhookId}`, differences));
  }

  private async remove(): Promise<void> {
    expectGood(await this.api.delete(`/v1/automations/${this.automationId}`));
  }

  private async create(): Promise<void> {
    this.automationId = (await makeAutomation(this.api, { webhookId: this.webhookId })).id;
  }
}

function expectGood({ status, body }: Answer): void {
  if (status >= 300) throw new Error(`An edit was answered ${status}: ${JSON.stringify(body)}`);
}

/** Edits through one server and publishes through another, at once, again and again. Answers what went wrong. */
async function oldForms(editor: Client, publisher: Client): Promise<string[]> {
  // Its delivery shows that an event was dispatched: all deliveries of an event are stored together.
  const { id: witness } = await makeAutomation(editor, {
    webhookId: (await makeWebhook(editor, { url: receiver.url })).id,
    priority: 100,
  });
  const rule = await EditedRule.make(editor);
  const wrong: string[] = [];
  for (let number = 0; number < EDITS; number++) {
    const fires = await rule.edit(number);
    const eventId = await publish(publisher, { data: { rank: 'Captain' } });
    const deliveries = await settledDeliveries(editor, eventId);
    const made = deliveries.map(({ automationId }) => automationId).filter((id) => id !== witness);
    if (String(made) !== (fires ?? '')) wrong.push(`edit ${number} made ${made.length}`);
  }
  return wrong;
}

describe('an event that is published when an edit was answered', () => {
  it('never meets the rule in its old form', async () => {
    const server = await startTestServer();
    try {
      expect(await oldForms(server.api, server.api)).toEqual([]);
    } finally {
      await server.stop();
    }
  });

  it('not in another process either', async () => {
    const ground = await Ground.prepare();
    try {
      const [one, other] = await Promise.all([ground.server(), ground.server()]);
      expect(await oldForms(ground.api(one), ground.api(other))).toEqual([]);
      await Promise.all([one.kill('SIGTERM'), other.kill('SIGTERM')]);
    } finally {
      await ground.clear();
    }
  });
});
