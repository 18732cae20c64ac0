import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Semaphore } from '../../common/semaphore.js';
import { settledWithin } from '../../common/settled-within.js';
import type { SchemaJob, SchemaOutcome } from './schema-job.js';
import { SCHEMA_WORKER } from './schema-worker-file.js';

/** Time limit of one job, to compile or to judge. */
const JOB_MS = 1_000;
const START_MS = 10_000;
/** Jobs that wait or run; each holds a text. */
const MOST_JOBS = 100;
const RESOURCES = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 };

class WaitedTooLong extends Error {}

/**
 * A thread for what clients' schemas make slow, so that the event loop never waits for it. It is started
 * with its first job. A job that takes too long, or too much memory, costs the thread, and the
 * next job gets a new one. An idle thread does not keep the process alive.
 */
export class SchemaThread {
  private readonly turns: Semaphore;
  private jobs = 0;
  private worker: Worker | null = null;

  /** @param waitMs how long a job may wait for others */
  constructor(waitMs: number) {
    const error = (): Error => new WaitedTooLong();
    this.turns = new Semaphore(1, { afterMs: waitMs, error });
  }

  async run(job: SchemaJob): Promise<SchemaOutcome> {
    if (this.jobs >= MOST_JOBS) return { is: 'busy' };
    this.jobs += 1;
    try {
      return await this.turns.run(() => this.runNow(job));
    } catch (error) {
      if (error instanceof WaitedTooLong) return { is: 'busy' };
      throw error;
    } finally {
      this.jobs -= 1;
    }
  }

  /** Ends the thread; a job that runs fails. */
  async close(): Promise<void> {
    const { worker } = this;
    this.worker = null;
    await worker?.terminate();
  }

  private async runNow(job: SchemaJob): Promise<SchemaOutcome> {
    const worker = this.worker ?? (await this.start());
    if (!worker) return { is: 'failed' };
    const outcome = await answerOf(worker, job);
    if (outcome.is === 'too_long') await this.close();
    return outcome;
  }

  /** Null where it could not be started. Its time does not count for a job. */
  private async start(): Promise<Worker | null> {
    // Generated code runs there: it needs no settings, and no flags of this process.
    const worker = new Worker(SCHEMA_WORKER, { env: {}, execArgv: [], resourceLimits: RESOURCES });
    worker.unref();
    // What ends it by itself, such as a lack of memory, is answered as the end of its job.
    worker.on('error', () => undefined);
    worker.once('exit', () => {
      if (this.worker === worker) this.worker = null;
    });
    const ready = once(worker, 'message').then(
      () => true,
      () => false,
    );
    if (await settledWithin(ready, START_MS)) return (this.worker = worker);
    await worker.terminate();
    return null;
  }
}

function answerOf(worker: Worker, job: SchemaJob): Promise<SchemaOutcome> {
  return new Promise((resolve) => {
    const end = (outcome: SchemaOutcome): void => {
      clearTimeout(timer);
      worker.off('message', end).off('exit', failed);
      resolve(outcome);
    };
    const failed = (): void => end({ is: 'failed' });
    // Where this process was busy, the answer may be there already: it comes first.
    const timer = setTimeout(() => setImmediate(end, { is: 'too_long' }), JOB_MS);
    worker.on('message', end).on('exit', failed);
    worker.postMessage(job);
  });
}
