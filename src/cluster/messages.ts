import type { Settings } from '../config/settings.js';
import type { LogFields } from '../observability/app-logger.js';
import type { MetricSnapshot } from '../observability/metric-snapshot.js';

/**
 * What a worker must do: `stop` with the whole service, which is announced first, or `leave`: the
 * other workers take over the port at once.
 */
export type Command = 'stop' | 'leave';

/**
 * A worker asks for its settings, says that it listens, was sent a signal of its own, or answers the
 * question of this number for its metrics.
 */
export type FromWorker =
  | { kind: 'hello' }
  | { kind: 'listening'; url: string }
  | { kind: 'signalled' }
  | { kind: 'metrics'; question: number; snapshot: MetricSnapshot };

/** A worker is told its settings, what to do, or that another worker died. */
export type ToWorker =
  | { kind: 'settings'; settings: Settings }
  | { kind: 'command'; command: Command; why: LogFields }
  | { kind: 'metrics'; question: number }
  | { kind: 'sibling_died' };

/** Libraries use the same channel: our messages are recognised by their kind. */
const guard =
  <Message extends { kind: string }>(...kinds: Message['kind'][]) =>
  (message: unknown): message is Message =>
    typeof message === 'object' &&
    message !== null &&
    'kind' in message &&
    kinds.some((kind) => kind === message.kind);

export const isFromWorker = guard<FromWorker>('hello', 'listening', 'signalled', 'metrics');
export const isToWorker = guard<ToWorker>('settings', 'command', 'metrics', 'sibling_died');
