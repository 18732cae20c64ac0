import type { StorageTarget } from '../../../src/config/settings.js';
import {
  conversationsAreFree,
  deletedIsGone,
  imagesAreWhole,
  slotsAreFree,
  titlesStay,
} from './afterwards.js';
import { dataIsSound } from './data.js';
import { doneIsKept, endedAlike, oneGenerationAKey, receiptsAreTrue } from './generations.js';
import {
  acknowledgedIsThere,
  answersAreTheModels,
  inOrder,
  nothingTwice,
  refusedLeavesNothing,
} from './history.js';
import type { Findings, Story } from './story.js';
import { endsAreTold, logsAreWhole, readersAgree } from './streams.js';
import { usageIsTheSum } from './usage.js';

const LOOKS: ((story: Story) => Findings)[] = [
  acknowledgedIsThere,
  endedAlike,
  nothingTwice,
  inOrder,
  doneIsKept,
  readersAgree,
  endsAreTold,
  oneGenerationAKey,
  logsAreWhole,
  answersAreTheModels,
  refusedLeavesNothing,
  receiptsAreTrue,
  titlesStay,
];

/** Everything that has to hold once the storm is over; the invariants are those of docs/invariants.md. */
export async function check(
  story: Story,
  { base, slots, target }: { base: string; slots: number; target: StorageTarget },
): Promise<Findings> {
  const { journal, model } = story;
  return [
    ...journal.oddities,
    ...model.overlaps.map((label) => `I6 ${label} was answered twice at once`),
    ...LOOKS.flatMap((look) => look(story)),
    ...(await usageIsTheSum(target, base)),
    ...(await deletedIsGone(story, base)),
    ...(await imagesAreWhole(story, base)),
    ...(await dataIsSound(target)),
    ...(await conversationsAreFree(story, base)),
    ...(await slotsAreFree(base, slots)),
  ];
}
