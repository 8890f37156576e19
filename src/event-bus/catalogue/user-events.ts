import { recordEvents } from './record-events.js';
import { clerk, member, positions, ranks, units } from './samples.js';

export const userEvents = recordEvents({
  resource: 'user',
  group: 'User',
  noun: 'a user',
  actor: clerk,
  record: {
    ...member,
    status: { id: 1, name: 'Recruit' },
    rank: ranks.privateFirstClass,
    unit: units.alpha,
    position: positions.rifleman,
    specialty: { id: 8, name: 'Infantry', abbreviation: '11B' },
    callsign: 'Magpie',
    timezone: 'Europe/Berlin',
    discord_id: '281047319502848001',
    points: 40,
    approved: true,
    last_seen_at: null,
    created_at: '2026-03-02T18:20:41Z',
    updated_at: '2026-03-02T18:20:41Z',
  },
  update: {
    status: { id: 2, name: 'Active' },
    points: 65,
    last_seen_at: '2026-04-11T20:02:15Z',
    updated_at: '2026-04-11T20:05:00Z',
  },
});
