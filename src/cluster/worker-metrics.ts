import type { Worker } from 'node:cluster';
import type { MetricSnapshot } from '../observability/metric-snapshot.js';
import { isFromWorker, type ToWorker } from './messages.js';
import type { AskWorker } from './worker-watch.js';

/** How long a worker may take to say its metrics. */
const ANSWER_MS = 1_000;

/** Asks one worker for its metrics. An answer that comes too late is not used. */
export function metricsOf(worker: Worker): AskWorker {
  const waiting = new Map<number, (snapshot: MetricSnapshot | null) => void>();
  let questions = 0;
  worker.on('message', (message: unknown) => {
    if (!isFromWorker(message) || message.kind !== 'metrics') return;
    waiting.get(message.question)?.(message.snapshot);
  });
  return () =>
    new Promise((resolve) => {
      questions += 1;
      const question = questions;
      const end = (snapshot: MetricSnapshot | null): void => {
        clearTimeout(timer);
        waiting.delete(question);
        resolve(snapshot);
      };
      const timer = setTimeout(() => end(null), ANSWER_MS);
      waiting.set(question, end);
      const message: ToWorker = { kind: 'metrics', question };
      // A worker that has just died is not waited for.
      if (!worker.isConnected()) end(null);
      else worker.process.send(message, undefined, undefined, (error) => error && end(null));
    });
}
