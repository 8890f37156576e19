import { recordEvents } from './record-events.js';
import { clerk, commander, member, units } from './samples.js';

const awardRecordEvents = recordEvents({
  resource: 'awardrecord',
  group: 'Award Record',
  noun: 'an award record',
  actor: commander,
  record: {
    id: 1207,
    user: member,
    award: { id: 22, name: 'Meritorious Service Ribbon', category: 'Ribbons', precedence: 14 },
    points: 100,
    text: 'Kept the convoy together after both lead vehicles were lost.',
    document: { id: 64, name: 'Award Citation' },
    created_at: '2026-06-14T20:30:00Z',
    updated_at: '2026-06-14T20:30:00Z',
  },
  update: {
    award: { id: 19, name: 'Commendation Medal', category: 'Medals', precedence: 9 },
    points: 150,
    updated_at: '2026-06-15T08:02:37Z',
  },
});

const combatRecordEvents = recordEvents({
  resource: 'combatrecord',
  group: 'Combat Record',
  noun: 'a combat record',
  actor: clerk,
  record: {
    id: 88,
    user: member,
    unit: units.recon,
    operation: { id: 45, name: 'Winter Lantern', map: 'Chernarus' },
    role: 'Driver',
    points: 25,
    text: 'Held the river crossing until relieved.',
    created_at: '2026-06-07T22:10:00Z',
    updated_at: '2026-06-07T22:10:00Z',
  },
  update: {
    role: 'Combat Medic',
    points: 35,
    updated_at: '2026-06-08T06:20:19Z',
  },
});

const qualificationRecordEvents = recordEvents({
  resource: 'qualificationrecord',
  group: 'Qualification Record',
  noun: 'a qualification record',
  actor: commander,
  record: {
    id: 540,
    user: member,
    qualification: { id: 17, name: 'Combat Lifesaver', level: 1 },
    score: 87.5,
    points: 10,
    expires_at: '2027-04-30',
    text: 'Passed on the first attempt.',
    created_at: '2026-04-30T16:00:00Z',
    updated_at: '2026-04-30T16:00:00Z',
  },
  update: {
    score: 91,
    expires_at: '2027-10-31',
    updated_at: '2026-05-02T10:45:00Z',
  },
});

export const achievementEvents = [
  ...awardRecordEvents,
  ...combatRecordEvents,
  ...qualificationRecordEvents,
];
