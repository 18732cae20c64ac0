import type { Store } from '../../src/store/store.js';
import { describeCalibrations } from './store/calibrations.js';
import { describeChanges, describeDurableChanges, describeSharedChanges } from './store/changes.js';
import { describeChats, describeDurableChats } from './store/chats.js';
import { describeClaims } from './store/claims.js';
import { describeDeletion } from './store/deletion.js';
import { describeDurability } from './store/durability.js';
import { describeEnds } from './store/ends.js';
import { describeHistory } from './store/history.js';
import { describeDurableImages, describeImages, describeSharedImages } from './store/images.js';
import { describeDurableKeys, describeKeys } from './store/keys.js';
import { describeDurableKept, describeKept } from './store/kept.js';
import { describeLog } from './store/log.js';
import { describeParts } from './store/parts.js';
import type { StoreTraits, StoreUnderTest } from './store/scene.js';
import { describeLists } from './store/lists.js';
import { describeRules } from './store/rules.js';
import { describeSettings } from './store/settings.js';
import { describeSharing } from './store/sharing.js';
import { describeDurableStateless, describeStateless } from './store/stateless.js';
import { describeDurableTakenOut, describeTakenOut } from './store/taken-out.js';
import { describeTrees } from './store/trees.js';
import { describeTurns } from './store/turns.js';
import { describeDurableUsage, describeSharedUsage, describeUsage } from './store/usage.js';
import { describeWorkers } from './store/workers.js';

export type { StoreTraits, StoreUnderTest } from './store/scene.js';

/**
 * What every store does, whatever it keeps its data in. One instance serves most tests: each takes
 * owners, workers and ids that no other test has, so `makeStore` may give the same database again
 * and again, and need not empty it.
 */
export function describeStore(
  name: string,
  makeStore: () => Promise<StoreUnderTest>,
  traits: StoreTraits,
): void {
  describe(`${name} store`, () => {
    let subject: StoreUnderTest;
    beforeAll(async () => {
      subject = await makeStore();
    });
    afterAll(() => subject.dispose());
    const store = (): Store => subject.store;

    it('answers a ping and says whether it is shared', async () => {
      await expect(store().ping()).resolves.toBeUndefined();
      expect(store().shared).toBe(traits.shared);
    });

    describeRules(store);
    describeClaims(store);
    describeTurns(store);
    describeTrees(store);
    describeSettings(store);
    describeLists(store);
    describeChanges(store);
    describeEnds(store);
    describeLog(store);
    describeStateless(store);
    describeKept(store);
    describeTakenOut(store);
    describeParts(store);
    describeCalibrations(store);
    describeImages(store);
    describeKeys(store, traits);
    describeHistory(store);
    describeDeletion(store);
    describeChats(store);
    describeWorkers(store);
    describeUsage(store);
    if (traits.shared) {
      describeSharing(store, () => subject.open());
      describeSharedImages(store, () => subject.open());
      describeSharedChanges(store, () => subject.open());
      describeSharedUsage(store, () => subject.open());
    }
    if (traits.durable) {
      describeDurability(makeStore, traits);
      describeDurableChats(makeStore);
      describeDurableImages(makeStore);
      describeDurableChanges(makeStore);
      describeDurableKeys(makeStore);
      describeDurableUsage(makeStore);
      describeDurableStateless(makeStore);
      describeDurableKept(makeStore);
      describeDurableTakenOut(makeStore);
    }
  });
}
