import type { TokenCalibration } from '../../domain/token-calibration.js';
import { CalibrationStore } from '../calibration-store.js';
import { factorsOf } from '../support/calibration-json.js';
import type { MongoDatabase } from './database/mongo-database.js';

/** Calibrations in a collection, one document a model. */
export class MongoCalibrationStore extends CalibrationStore {
  constructor(private readonly database: MongoDatabase) {
    super();
  }

  all(): Promise<TokenCalibration[]> {
    return this.database.read(async ({ calibrations }) => {
      const found = await calibrations.find().toArray();
      return found.map(({ _id, factors }) => ({ model: _id, factors: factorsOf(factors) }));
    });
  }

  async save(calibrations: readonly TokenCalibration[]): Promise<void> {
    for (const { model: _id, factors } of calibrations) {
      await this.database.use((all) =>
        all.calibrations.updateOne(
          { _id },
          { $set: { factors: { ...factors } } },
          { upsert: true },
        ),
      );
    }
  }
}
