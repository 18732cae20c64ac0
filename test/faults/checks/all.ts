import type { StorageTarget } from '../../../src/config/settings.js';
import type { FeedFollower } from '../loop/feed-follower.js';
import type { StatelessClient } from '../loop/stateless-client.js';
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
import { statelessEnds, statelessIsNotKept, statelessIsRepeated } from './stateless.js';
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

/** What is there once the storm is over. */
interface Calm {
  /** One of the processes, and all of them. */
  base: string;
  urls: readonly string[];
  /** Streams that a client may have. */
  slots: number;
  target: StorageTarget;
  stateless: readonly StatelessClient[];
  followers: readonly FeedFollower[];
}

/** Everything that has to hold once the storm is over; the invariants are those of docs/invariants.md. */
export async function check(
  story: Story,
  { base, urls, slots, target, stateless, followers }: Calm,
): Promise<Findings> {
  const { journal, model } = story;
  return [
    ...journal.oddities,
    ...model.overlaps.map((label) => `I6 ${label} was answered twice at once`),
    ...LOOKS.flatMap((look) => look(story)),
    ...statelessEnds(story, stateless),
    ...statelessIsNotKept(story, stateless, followers),
    ...(await usageIsTheSum(target, base)),
    ...(await statelessIsRepeated(story, stateless, urls)),
    ...(await deletedIsGone(story, base)),
    ...(await imagesAreWhole(story, base)),
    ...(await dataIsSound(target)),
    ...(await conversationsAreFree(story, base)),
    ...(await slotsAreFree(base, slots)),
  ];
}
