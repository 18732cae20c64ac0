import type { Ticket } from '../../../src/generation/live/generation-queue.js';
import { GenerationActivity } from '../../../src/generation/generation-activity.js';
import { LiveGenerations } from '../../../src/generation/live/live-generations.js';
import { LogWriter } from '../../../src/generation/record/log-writer.js';
import { Signals } from '../../../src/generation/workers/signals.js';
import { Worker } from '../../../src/generation/workers/worker.js';
import { LiveTexts } from '../../../src/store/live-texts.js';
import type { Store } from '../../../src/store/store.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { testSettings } from '../../support/settings.js';

/** A place that runs already. */
export const TICKET: Ticket = {
  running: true,
  position: () => null,
  onMove: () => () => undefined,
  ready: () => Promise.resolve(),
  release: () => undefined,
};

/** The generations of a process, over a store, with what they need. */
export function liveRig(store: Store) {
  const logger = new RecordingLogger();
  const worker = new Worker(store, logger);
  const logWriter = new LogWriter(store, worker, logger);
  const signals = new Signals(store, logWriter, worker, logger);
  const liveTexts = new LiveTexts();
  const live = new LiveGenerations(
    testSettings().generation,
    liveTexts,
    signals,
    worker,
    new GenerationActivity(store),
  );
  return { live, liveTexts, logWriter, signals, worker };
}
