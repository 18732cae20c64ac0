import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '../../common/errors/app-error.js';
import type { CancelSignal } from '../../domain/cancellation.js';
import type { ConfigType } from '@nestjs/config';
import { generationConfig } from '../../config/namespaces.js';
import { ChangeListeners } from '../phases.js';

/** The share of the queue that one client may use. */
const CLIENT_SHARE = 0.25;
/** Assumed duration of an answer before any has ended. */
const FIRST_GUESS_MS = 10_000;
/** Weight of the newest duration in the running average. */
const SMOOTHING = 0.2;

/** A place among the generations of this process: first waiting, then running, then released. */
export interface Ticket {
  /** Whether it runs already, and need not wait. */
  readonly running: boolean;
  /** Its place among those that wait, 1 is next; null if it does not wait. */
  position(): number | null;
  /** Calls `listener` when places change, until the returned function is called. */
  onMove(listener: () => void): () => void;
  /** Resolves when the generation may run; rejects with the signal's reason when it aborts first. */
  ready(signal: CancelSignal): Promise<void>;
  /** Releases the place. Repeatable. */
  release(): void;
}

interface Waiting {
  clientId: string;
  begin: () => void;
}

/**
 * Limits the number of generations that run at once in this process (`MAX_CONCURRENT_GENERATIONS`);
 * further ones wait in order, at most `MAX_QUEUED_GENERATIONS`, of which one client may have a
 * quarter. Ollama's own queue has no limit.
 */
@Injectable()
export class GenerationQueue {
  private open = true;
  private running = 0;
  private readonly waiting = new Set<Waiting>();
  private averageMs = FIRST_GUESS_MS;
  private readonly moves = new ChangeListeners();

  constructor(
    @Inject(generationConfig.KEY) private readonly settings: ConfigType<typeof generationConfig>,
  ) {}

  /** From now on new generations are refused; running ones go on. */
  close(): void {
    this.open = false;
  }

  /**
   * Takes a place, or throws `queue_full` with the expected time until one is free, or `draining`
   * once the queue is closed.
   */
  reserve(clientId: string): Ticket {
    if (!this.open) {
      throw new AppError('draining', 'The service is shutting down; try again shortly');
    }
    const { maxConcurrent } = this.settings;
    if (maxConcurrent === null) return FREE_TICKET;
    if (this.running < maxConcurrent) {
      this.running += 1;
      return this.ticket(null);
    }
    this.assertRoom(clientId, maxConcurrent);
    const place: Waiting = { clientId, begin: () => undefined };
    this.waiting.add(place);
    return this.ticket(place);
  }

  private assertRoom(clientId: string, maxConcurrent: number): void {
    const { maxQueued } = this.settings;
    const own = [...this.waiting].filter((place) => place.clientId === clientId).length;
    const share = Math.max(1, Math.floor(maxQueued * CLIENT_SHARE));
    if (this.waiting.size < maxQueued && own < share) return;
    const seconds = (this.averageMs * (this.waiting.size + 1)) / maxConcurrent / 1_000;
    throw new AppError(
      'queue_full',
      'Too many messages are waiting for an answer; try again later',
      {
        retryAfter: Math.max(1, Math.ceil(seconds)),
      },
    );
  }

  private ticket(place: Waiting | null): Ticket {
    let state: 'waiting' | 'running' | 'released' = place ? 'waiting' : 'running';
    let startedAt = performance.now();
    const begun = new Promise<void>((resolve) => {
      if (!place) {
        resolve();
        return;
      }
      place.begin = () => {
        state = 'running';
        startedAt = performance.now();
        resolve();
      };
    });
    return {
      running: place === null,
      position: () => (place && state === 'waiting' ? this.placeOf(place) : null),
      onMove: (listener) => this.moves.add(listener),
      ready: (signal) => untilAborted(begun, signal),
      release: () => {
        if (state === 'waiting' && place) this.leave(place);
        if (state === 'running') this.finished(performance.now() - startedAt);
        state = 'released';
      },
    };
  }

  private finished(durationMs: number): void {
    this.averageMs += SMOOTHING * (durationMs - this.averageMs);
    this.running -= 1;
    const [next] = this.waiting;
    if (!next) return;
    this.running += 1;
    next.begin();
    this.leave(next);
  }

  private leave(place: Waiting): void {
    this.waiting.delete(place);
    this.moves.notify();
  }

  private placeOf(place: Waiting): number {
    return [...this.waiting].indexOf(place) + 1;
  }
}

const FREE_TICKET: Ticket = {
  running: true,
  position: () => null,
  onMove: () => () => undefined,
  ready: () => Promise.resolve(),
  release: () => undefined,
};

async function untilAborted(begun: Promise<void>, signal: CancelSignal): Promise<void> {
  signal.throwIfAborted();
  let abort: () => void = () => undefined;
  const aborted = new Promise<void>((resolve) => {
    abort = resolve;
    signal.addEventListener('abort', abort);
  });
  try {
    await Promise.race([begun, aborted]);
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
