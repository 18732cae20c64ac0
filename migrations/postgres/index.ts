import { AddApiKeys1796256000000 } from '../add-api-keys.js';
import { AddFacts1796169600000 } from '../add-facts.js';
import { AddImages1795996800000 } from '../add-images.js';
import { AddKeptGenerations1796515200000 } from '../add-kept-generations.js';
import { AddParts1795651200000 } from '../add-parts.js';
import { AddSettings1796083200001 } from '../add-settings.js';
import { AddStagedMessages1795737600000 } from '../add-staged-messages.js';
import { AddTokenCalibrations1795910400000 } from '../add-token-calibrations.js';
import { AddTrees1796083200000 } from '../add-trees.js';
import { AddUnreadStops1796601600000 } from '../add-unread-stops.js';
import { AddWires1796342400000 } from '../add-wires.js';
import { AddWorkerSessions1796256000005 } from '../add-worker-sessions.js';
import { AddUsage1796256000001 } from './add-usage.js';
import { CreateChanges1796083200002 } from './create-changes.js';
import { CreateGenerations1795305600001 } from './create-generations.js';
import { CreateHistory1795305600000 } from './create-history.js';
import { CreateRequestCounts1795305600002 } from './create-request-counts.js';

/** The steps of the PostgreSQL schema, in the order they run. */
export const MIGRATIONS = [
  CreateHistory1795305600000,
  CreateGenerations1795305600001,
  CreateRequestCounts1795305600002,
  AddParts1795651200000,
  AddStagedMessages1795737600000,
  AddTokenCalibrations1795910400000,
  AddImages1795996800000,
  AddTrees1796083200000,
  AddSettings1796083200001,
  CreateChanges1796083200002,
  AddFacts1796169600000,
  AddApiKeys1796256000000,
  AddUsage1796256000001,
  AddWorkerSessions1796256000005,
  AddWires1796342400000,
  AddKeptGenerations1796515200000,
  AddUnreadStops1796601600000,
];
