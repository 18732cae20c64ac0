import { storeContended } from '../../store-errors.js';
import { purge } from '../conversations/purge.js';
import type { Collections } from '../database/collections.js';
import type { GenerationDocument, TurnPlace } from '../documents/generation-document.js';
import { STOPPED_BY_DELETION } from './stop-requests.js';
import { placeOf } from './turn-place.js';
import { writeTurn } from './turn-writer.js';

/** More than the number of writers of one generation. */
const MAX_TRIES = 50;

/**
 * Makes the staged turn of a running generation messages. The place of its messages is fixed in the
 * generation first (`keeping`); from then on any process can write them, also repeatedly; `kept`
 * means that all are written. Of a stateless one there are none.
 */
export async function commitTurn(
  collections: Collections,
  key: string,
  workerId: string,
  now: number,
  { parentId, promptTokens }: { parentId: string | null; promptTokens: number | null },
): Promise<'committed' | 'deleted' | 'lost'> {
  for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
    const generation = await collections.generations.findOne({ _id: key });
    if (!generation || generation.runningOn !== workerId || generation.closedAt !== null)
      return 'lost';
    if (generation.conversationDeleted) return 'deleted';
    if (generation.turnState === 'kept') return 'committed';
    if (generation.stateless) {
      if (await keepStateless(collections, generation, promptTokens)) return 'committed';
      continue;
    }
    const place = generation.place ?? (await placeOf(collections, generation, now, parentId));
    if (!place) return leave(collections, generation);
    if (generation.place || (await fixPlace(collections, generation, place, promptTokens)))
      return write(collections, generation, place);
    // Another process changed it first: read it again.
  }
  throw storeContended();
}

async function fixPlace(
  { generations }: Collections,
  { _id, runningOn }: GenerationDocument,
  place: TurnPlace,
  promptTokens: number | null,
): Promise<boolean> {
  const { matchedCount } = await generations.updateOne(
    { _id, runningOn, ...STILL_STAGED },
    { $set: { turnState: 'keeping', place, ...sent(promptTokens) } },
  );
  return matchedCount === 1;
}

async function keepStateless(
  { generations }: Collections,
  { _id, runningOn }: GenerationDocument,
  promptTokens: number | null,
): Promise<boolean> {
  const { matchedCount } = await generations.updateOne(
    { _id, runningOn, ...STILL_STAGED },
    { $set: { turnState: 'kept', ...sent(promptTokens) } },
  );
  return matchedCount === 1;
}

const STILL_STAGED = { closedAt: null, turnState: 'staged', conversationDeleted: false } as const;

function sent(promptTokens: number | null) {
  return promptTokens === null ? {} : { 'tokens.promptTokens': promptTokens };
}

async function write(
  collections: Collections,
  generation: GenerationDocument,
  place: TurnPlace,
): Promise<'committed' | 'deleted'> {
  if (!(await writeTurn(collections, generation, place))) return leave(collections, generation);
  await collections.generations.updateOne(
    { _id: generation._id, turnState: 'keeping' },
    { $set: { turnState: 'kept' } },
  );
  return 'committed';
}

/**
 * The conversation was deleted, perhaps before this generation was visible: mark the generation as
 * the deletion would have.
 */
async function leave(
  collections: Collections,
  { _id, conversation }: GenerationDocument,
): Promise<'deleted'> {
  await collections.generations.updateOne(
    { _id, closedAt: null },
    {
      $set: {
        ...STOPPED_BY_DELETION,
        turnState: 'staged',
        place: null,
      },
    },
  );
  await purge(collections, conversation);
  return 'deleted';
}
