import { randomUUID } from 'node:crypto';
import type { TokenCalibration } from '../../../src/domain/token-calibration.js';
import type { Store } from '../../../src/store/store.js';

/** A model that no other test has. */
export const calibrationOf = (factors: Record<string, number>): TokenCalibration => ({
  model: `model-${randomUUID()}:latest`,
  factors,
});

export async function savedOf(store: Store, ...wanted: TokenCalibration[]) {
  const all = await store.calibrations.all();
  return wanted.map(({ model }) => all.find((one) => one.model === model));
}

/** What was learnt of models. */
export function describeCalibrations(store: () => Store): void {
  describe('calibrations', () => {
    it('are read as they were written, one a model', async () => {
      const latin = calibrationOf({ latin: 1.25, cjk: 0.5 });
      const other = { ...calibrationOf({ frame: 2 }), model: `hf.co/Ä/${randomUUID()}:q4.$x` };
      expect(await savedOf(store(), latin)).toEqual([undefined]);
      await store().calibrations.save([latin, other]);
      expect(await savedOf(store(), latin, other)).toEqual([latin, other]);
      const newer = { ...latin, factors: { latin: 1.5 } };
      await store().calibrations.save([newer]);
      expect(await savedOf(store(), latin, other)).toEqual([newer, other]);
      await store().calibrations.save([]);
      expect(await savedOf(store(), latin, other)).toEqual([newer, other]);
    });

    it('may be written at the same time', async () => {
      const many = Array.from({ length: 10 }, (_, n) => calibrationOf({ latin: n + 1 }));
      await Promise.all(many.map((one) => store().calibrations.save([one])));
      expect(await savedOf(store(), ...many)).toEqual(many);
    });
  });
}
