import type { NewGeneration } from '../../../domain/generation.js';
import type { TokenQuotas } from '../../../domain/token-usage.js';
import { storeContended } from '../../store-errors.js';
import type { Collections } from '../database/collections.js';
import { enter, leave } from '../usage/quota-gate.js';
import { claim, whatIsTaken, type DocumentClaim } from './claim.js';

/** More often than a process stands still for a minute in the middle of a claim. */
const MAX_TRIES = 5;

/** Claims a generation while what counts against its quotas is below. */
export async function claimBelow(
  collections: Collections,
  generation: NewGeneration,
  quotas: TokenQuotas,
): Promise<DocumentClaim> {
  for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
    const { entered, taken } = await enter(collections, generation, quotas);
    if (!entered) {
      const found = await whatIsTaken(collections, generation);
      return 'outcome' in found ? found : { outcome: 'tokens_taken', taken };
    }
    const claimed = await claim(collections, generation);
    const isCounted = await leave(collections, generation);
    if (claimed.outcome !== 'claimed') return claimed;
    if (isCounted) return { outcome: 'claimed', taken };
    await takeBack(collections, generation);
  }
  throw storeContended();
}

/** Others may have been let in meanwhile. */
async function takeBack(
  { generations }: Collections,
  { key: _id, workerId: runningOn }: NewGeneration,
): Promise<void> {
  await generations.deleteOne({ _id, runningOn, closedAt: null, turnState: 'staged' });
}
