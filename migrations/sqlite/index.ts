import { AddImages1795996800000 } from '../add-images.js';
import { AddParts1795651200000 } from '../add-parts.js';
import { AddStagedMessages1795737600000 } from '../add-staged-messages.js';
import { AddTokenCalibrations1795910400000 } from '../add-token-calibrations.js';
import { CreateGenerations1795305600001 } from './create-generations.js';
import { CreateHistory1795305600000 } from './create-history.js';

/** The steps of the SQLite schema, in the order they run. */
export const MIGRATIONS = [
  CreateHistory1795305600000,
  CreateGenerations1795305600001,
  AddParts1795651200000,
  AddStagedMessages1795737600000,
  AddTokenCalibrations1795910400000,
  AddImages1795996800000,
];
