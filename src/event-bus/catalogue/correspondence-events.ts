import { recordEvents } from './record-events.js';
import { commander, member } from './samples.js';

const messageEvents = recordEvents({
  resource: 'message',
  group: 'Message',
  noun: 'a message',
  actor: commander,
  record: {
    id: 77,
    message: 'Muster is at 18:45 on the training server. Bring your medical kit.',
    channels: ['dashboard', 'mail'],
    recipients: [418, 422, 437],
    repeats: false,
    send_at: '2026-06-07T16:00:00Z',
    sent_at: null,
    created_at: '2026-06-06T20:00:00Z',
    updated_at: '2026-06-06T20:00:00Z',
  },
  update: {
    channels: ['dashboard', 'mail', 'discord'],
    sent_at: '2026-06-07T16:00:03Z',
    updated_at: '2026-06-07T16:00:03Z',
  },
});

const submissionEvents = recordEvents({
  resource: 'submission',
  group: 'Submission',
  noun: 'a submission of a form',
  actor: { type: 'user', id: 418, name: 'Jana Brandt' },
  record: {
    id: 2046,
    form: { id: 6, name: 'Leave of Absence', slug: 'leave-of-absence' },
    user: member,
    status: { id: 1, name: 'Pending' },
    answers: {
      from: '2026-07-10',
      until: '2026-07-24',
      reason: 'Family holiday, no access to a computer.',
      reachable: false,
    },
    reviewed_at: null,
    created_at: '2026-06-20T13:37:00Z',
    updated_at: '2026-06-20T13:37:00Z',
  },
  update: {
    status: { id: 2, name: 'Accepted' },
    reviewed_at: '2026-06-21T08:00:00Z',
    updated_at: '2026-06-21T08:00:00Z',
  },
});

export const correspondenceEvents = [...messageEvents, ...submissionEvents];
