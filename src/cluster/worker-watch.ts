import type { MetricSnapshot } from '../observability/metric-snapshot.js';

/** Asks a worker for its metrics; null where it does not answer in time. */
export type AskWorker = () => Promise<MetricSnapshot | null>;

/** What the supervisor says of its workers to whom reports on them. */
export abstract class WorkerWatch {
  /** It serves now. @param ask may be called at any time */
  abstract joined(worker: number, ask: AskWorker): void;
  /** It has ended, whether it had joined or not. @param died whether it ended without being asked to */
  abstract left(worker: number, died: boolean): void;
}

/** Nobody reports. */
export class UnwatchedWorkers extends WorkerWatch {
  override joined(): void {
    // Nobody reports.
  }
  override left(): void {
    // Nobody reports.
  }
}
