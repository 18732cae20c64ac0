import { AddImages1795996800000 } from '../add-images.js';
import { AddParts1795651200000 } from '../add-parts.js';
import { AddStagedMessages1795737600000 } from '../add-staged-messages.js';
import { AddTokenCalibrations1795910400000 } from '../add-token-calibrations.js';
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
];
