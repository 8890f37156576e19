import { recordEvents } from './record-events.js';
import { clerk, commander, units } from './samples.js';

const calendarEvents = recordEvents({
  resource: 'calendar',
  group: 'Calendar',
  noun: 'a calendar',
  actor: clerk,
  record: {
    id: 5,
    name: 'Operations',
    description: 'Joint operations and rehearsals of the battalion.',
    color: '#2f6f4f',
    visible_to: [units.alpha, units.recon],
    created_at: '2026-01-05T12:00:00Z',
    updated_at: '2026-01-05T12:00:00Z',
  },
  update: {
    name: 'Operations 2026',
    color: '#1d4ed8',
    updated_at: '2026-02-01T07:30:00Z',
  },
});

const scheduledEvents = recordEvents({
  resource: 'event',
  group: 'Event',
  noun: 'an event',
  actor: commander,
  record: {
    id: 311,
    name: 'Operation Winter Lantern',
    calendar: { id: 5, name: 'Operations 2026' },
    description: 'Night movement along the northern river, then defence of the crossing.',
    location: 'Training server 2',
    url: 'https://ops.example.org/winter-lantern',
    starts_at: '2026-06-07T18:00:00Z',
    ends_at: '2026-06-07T21:30:00Z',
    all_day: false,
    repeats: null,
    registration: { required: true, deadline: '2026-06-06T18:00:00Z', limit: 48, taken: 0 },
    author: { id: 2, name: 'Tomás Okafor' },
    created_at: '2026-05-22T11:08:30Z',
    updated_at: '2026-05-22T11:08:30Z',
  },
  update: {
    starts_at: '2026-06-07T19:00:00Z',
    ends_at: '2026-06-07T22:30:00Z',
    registration: { required: true, deadline: '2026-06-06T18:00:00Z', limit: 48, taken: 31 },
    updated_at: '2026-06-01T09:40:02Z',
  },
});

export const planningEvents = [...calendarEvents, ...scheduledEvents];
