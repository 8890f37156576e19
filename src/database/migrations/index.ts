import { InitialSchema1763750000000 } from './1763750000000-initial-schema.js';
import { Evaluation1763800000000 } from './1763800000000-evaluation.js';
import { RuleChanges1763810000000 } from './1763810000000-rule-changes.js';
import { Revisions1763820000000 } from './1763820000000-revisions.js';
import { WorkspaceLists1763830000000 } from './1763830000000-workspace-lists.js';
import { DeliveryEngine1763840000000 } from './1763840000000-delivery-engine.js';
import { ProbedWebhooks1763930000000 } from './1763930000000-probed-webhooks.js';
import { OutboxWorkspaces1763940000000 } from './1763940000000-outbox-workspaces.js';
import { DisabledWebhooks1763950000000 } from './1763950000000-disabled-webhooks.js';
import { PausesAndToldRuns1763960000000 } from './1763960000000-pauses-and-told-runs.js';
import { MasterKey1763970000000 } from './1763970000000-master-key.js';

/** Oldest first. An explicit list: a glob would run whatever happens to lie in the folder. */
export const migrations = [
  InitialSchema1763750000000,
  Evaluation1763800000000,
  RuleChanges1763810000000,
  Revisions1763820000000,
  WorkspaceLists1763830000000,
  DeliveryEngine1763840000000,
  ProbedWebhooks1763930000000,
  OutboxWorkspaces1763940000000,
  DisabledWebhooks1763950000000,
  PausesAndToldRuns1763960000000,
  MasterKey1763970000000,
];
