import type { JsonObject } from '../../json.js';

/** A unit with a few invented people and the things they are given; the examples share them. */

export const clerk: JsonObject = { type: 'user', id: 7, name: 'Margit Sørensen' };

export const commander: JsonObject = { type: 'user', id: 2, name: 'Tomás Okafor' };

export const member: JsonObject = {
  id: 418,
  name: 'Jana Brandt',
  email: 'jana.brandt@example.org',
};

export const ranks = {
  privateFirstClass: { id: 3, name: 'Private First Class', abbreviation: 'PFC', paygrade: 'E-3' },
  corporal: { id: 4, name: 'Corporal', abbreviation: 'CPL', paygrade: 'E-4' },
} satisfies Record<string, JsonObject>;

export const units = {
  alpha: { id: 11, name: 'Alpha Company', abbreviation: 'A Co' },
  recon: { id: 14, name: 'Reconnaissance Platoon', abbreviation: 'Recon' },
} satisfies Record<string, JsonObject>;

export const positions = {
  rifleman: { id: 31, name: 'Rifleman' },
  teamLeader: { id: 35, name: 'Fire Team Leader' },
} satisfies Record<string, JsonObject>;
