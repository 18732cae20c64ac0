import type { TokenCalibration } from '../../domain/token-calibration.js';
import { CalibrationStore } from '../calibration-store.js';
import { factorsIn } from '../support/calibration-json.js';
import type { SqlDatabase, SqlSession } from './database/sql-database.js';

const SAVE = `
  INSERT INTO token_calibrations (model, factors) VALUES ($1, $2)
  ON CONFLICT (model) DO UPDATE SET factors = excluded.factors
`;

/** Calibrations in a table, one row a model. */
export class TypeOrmCalibrationStore extends CalibrationStore {
  constructor(private readonly database: SqlDatabase) {
    super();
  }

  async all(): Promise<TokenCalibration[]> {
    const rows = await this.database.read((session) =>
      session.query<{ model: string; factors: string }>(
        'SELECT model, factors FROM token_calibrations',
      ),
    );
    return rows.map(({ model, factors }) => ({ model, factors: factorsIn(factors) }));
  }

  async save(calibrations: readonly TokenCalibration[]): Promise<void> {
    for (const calibration of calibrations)
      await this.database.write((session) => saveCalibrations(session, [calibration]));
  }
}

/** Part of a transaction. */
export async function saveCalibrations(
  session: SqlSession,
  calibrations: readonly TokenCalibration[],
): Promise<void> {
  for (const { model, factors } of calibrations)
    await session.query(SAVE, [model, JSON.stringify(factors)]);
}
