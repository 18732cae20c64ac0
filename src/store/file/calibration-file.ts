import type { TokenCalibration } from '../../domain/token-calibration.js';
import { CalibrationStore } from '../calibration-store.js';
import { factorsOf } from '../support/calibration-json.js';
import type { Disk } from './disk.js';
import type { Layout } from './layout.js';

/**
 * Calibrations in one file, an object of models. A file that cannot be read counts as none: what was
 * in it is learnt again.
 */
export class CalibrationFile extends CalibrationStore {
  private saving: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly disk: Disk,
    private readonly layout: Layout,
  ) {
    super();
  }

  async all(): Promise<TokenCalibration[]> {
    const text = await this.disk.read(this.layout.calibrations);
    return Object.entries(modelsIn(text)).map(([model, factors]) => ({
      model,
      factors: factorsOf(factors),
    }));
  }

  async save(calibrations: readonly TokenCalibration[]): Promise<void> {
    const saved = this.saving.then(() => this.replace(calibrations));
    this.saving = saved.catch(() => undefined);
    await saved;
  }

  private async replace(calibrations: readonly TokenCalibration[]): Promise<void> {
    const models = new Map((await this.all()).map((one) => [one.model, one.factors]));
    for (const { model, factors } of calibrations) models.set(model, factors);
    const text = JSON.stringify(Object.fromEntries(models));
    await this.disk.replace(this.layout.calibrations, `${text}\n`);
  }
}

function modelsIn(text: string | null): object {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
