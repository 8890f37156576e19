import { InitialSchema1763750000000 } from './1763750000000-initial-schema.js';

/** Oldest first. An explicit list: a glob would run whatever happens to lie in the folder. */
export const migrations = [InitialSchema1763750000000];
