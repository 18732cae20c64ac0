import type { TokenCalibration } from '../../domain/token-calibration.js';
import { CalibrationStore } from '../calibration-store.js';

/** Calibrations in a map. */
export class MemoryCalibrationStore extends CalibrationStore {
  private readonly calibrations = new Map<string, TokenCalibration>();

  async all(): Promise<TokenCalibration[]> {
    return [...this.calibrations.values()];
  }

  async save(calibrations: readonly TokenCalibration[]): Promise<void> {
    for (const one of calibrations) this.calibrations.set(one.model, one);
  }
}
