import type { TokenCalibration } from '../domain/token-calibration.js';

/**
 * What was learnt of how models count tokens: few small entries, one a model, that are read at the
 * start and written now and then. It is worth something, but nothing is wrong without it.
 *
 * A store that cannot be reached throws `AppError('store_unavailable')`.
 */
export abstract class CalibrationStore {
  /** All entries, in no order. */
  abstract all(): Promise<TokenCalibration[]>;

  /** Adds them, in place of those of the same models. */
  abstract save(calibrations: readonly TokenCalibration[]): Promise<void>;
}
