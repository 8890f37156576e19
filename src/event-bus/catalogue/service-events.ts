import { recordEvents } from './record-events.js';
import { clerk, commander, member, positions, ranks, units } from './samples.js';

const assignmentRecordEvents = recordEvents({
  resource: 'assignmentrecord',
  group: 'Assignment Record',
  noun: 'an assignment record',
  actor: clerk,
  record: {
    id: 902,
    type: 'primary',
    user: member,
    unit: units.alpha,
    position: positions.rifleman,
    specialty: { id: 8, name: 'Infantry', abbreviation: '11B' },
    status: { id: 2, name: 'Active' },
    text: 'Assigned on completion of basic training.',
    created_at: '2026-04-12T09:00:00Z',
    updated_at: '2026-04-12T09:00:00Z',
  },
  update: {
    unit: units.recon,
    position: positions.teamLeader,
    text: 'Moved to fill the open team leader slot.',
    updated_at: '2026-05-20T17:31:08Z',
  },
});

const rankRecordEvents = recordEvents({
  resource: 'rankrecord',
  group: 'Rank Record',
  noun: 'a rank record',
  actor: commander,
  record: {
    id: 655,
    type: 'promotion',
    user: member,
    rank: ranks.corporal,
    previous_rank: ranks.privateFirstClass,
    points: 120,
    text: 'Promoted for steady leadership in three operations.',
    document: null,
    created_at: '2026-05-19T19:00:00Z',
    updated_at: '2026-05-19T19:00:00Z',
  },
  update: {
    points: 125,
    document: { id: 71, name: 'Promotion Order 26-014' },
    updated_at: '2026-05-19T19:12:44Z',
  },
});

const serviceRecordEvents = recordEvents({
  resource: 'servicerecord',
  group: 'Service Record',
  noun: 'a service record',
  actor: clerk,
  record: {
    id: 3310,
    user: member,
    text: 'Joined Operation Winter Lantern as a driver.',
    document: null,
    tags: ['operation', 'motor pool'],
    created_at: '2026-06-07T21:44:10Z',
    updated_at: '2026-06-07T21:44:10Z',
  },
  update: {
    text: 'Joined Operation Winter Lantern as a driver and medic.',
    tags: ['operation', 'motor pool', 'medical'],
    updated_at: '2026-06-08T06:15:00Z',
  },
});

export const serviceEvents = [
  ...assignmentRecordEvents,
  ...rankRecordEvents,
  ...serviceRecordEvents,
];
