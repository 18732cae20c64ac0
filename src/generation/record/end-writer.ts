import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { isStoreUnavailable } from '../../common/errors/app-error.js';
import type { GenerationEnd } from '../../domain/generation.js';
import { AppLogger } from '../../observability/app-logger.js';
import { Store } from '../../store/store.js';
import type { LiveGeneration } from '../live/live-generation.js';
import {
  deletedWith,
  endedElsewhere,
  formsOf,
  offeredBefore,
  storedAs,
  type EndForm,
  type StoredEnd,
} from './ends.js';
import { LogWriter } from './log-writer.js';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;
/**
 * Between two offers of a smaller form. A refusal that ends between the offer of the whole form and
 * that of a smaller one costs the answer's text, so that is risked rarely.
 */
const SMALLER_EVERY_MS = 5_000;

interface Waiting {
  readonly live: LiveGeneration;
  readonly end: GenerationEnd;
  /** When the store first refused it, on this process's clock; null if it was only unavailable. */
  refusedSince: number | null;
  /** Smaller forms are offered again once the store has refused it for so long, in milliseconds. */
  smallerAfterMs: number;
  readonly resolve: (stored: StoredEnd) => void;
}

/**
 * Writes the ends of generations to the store and retries until each is stored: while the store is
 * unavailable, and in smaller forms if it refuses the larger ones (see `formsOf`). One loop retries
 * for all: an unavailable store is called once a second, however many ends wait.
 */
@Injectable()
export class EndWriter implements OnApplicationShutdown {
  private readonly waiting = new Map<LiveGeneration, Waiting>();
  private timer: NodeJS.Timeout | null = null;
  private pauseMs = FIRST_PAUSE_MS;
  private closed = false;

  constructor(
    private readonly store: Store,
    private readonly logWriter: LogWriter,
    private readonly logger: AppLogger,
  ) {}

  /**
   * Resolves when the store has the current `live.end`. A generation whose end is not stored at a
   * shutdown stays `running` in the store; another worker or the next start ends it.
   */
  async write(live: LiveGeneration, end: GenerationEnd): Promise<StoredEnd> {
    const tail = this.logWriter.unsaved(live);
    try {
      return await this.offer(live, { end, tail, extent: 'turn' });
    } catch (error) {
      this.logger.warn('The end of a generation could not be stored yet; retrying', {
        error,
        generation_id: live.record.id,
      });
      const refusedSince = isStoreUnavailable(error) ? null : performance.now();
      return new Promise((resolve) => {
        this.waiting.set(live, {
          live,
          end,
          refusedSince,
          smallerAfterMs: 0,
          resolve,
        });
        this.arm();
      });
    }
  }

  onApplicationShutdown(): void {
    this.closed = true;
    if (this.timer) clearTimeout(this.timer);
  }

  private arm(): void {
    if (this.timer || this.closed || this.waiting.size === 0) return;
    this.timer = setTimeout(() => void this.retryAll(), this.pauseMs);
    this.timer.unref();
    this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
  }

  /** Offers all waiting ends to the store, until it is unavailable. */
  private async retryAll(): Promise<void> {
    for (const one of [...this.waiting.values()]) {
      if ((await this.offerAgain(one)) === 'unavailable') break;
    }
    this.timer = null;
    if (this.waiting.size === 0) this.pauseMs = FIRST_PAUSE_MS;
    this.arm();
  }

  private async offerAgain(one: Waiting): Promise<'stored' | 'refused' | 'unavailable'> {
    const { live, resolve } = one;
    for (const form of this.formsOf(one)) {
      try {
        const stored = await this.offer(live, form);
        this.waiting.delete(live);
        this.report(live, form);
        resolve(stored);
        return 'stored';
      } catch (error) {
        if (isStoreUnavailable(error)) {
          this.putLast(one);
          return 'unavailable';
        }
        one.refusedSince ??= performance.now();
        this.logger.debug('The store refused the end of a generation', { error });
      }
    }
    return 'refused';
  }

  private formsOf(one: Waiting): EndForm[] {
    const refusedMs = one.refusedSince === null ? 0 : performance.now() - one.refusedSince;
    const { live, end } = one;
    const forms = formsOf(live.end ?? end, this.logWriter.unsaved(live), refusedMs);
    if (forms.length === 1 || refusedMs < one.smallerAfterMs) return forms.slice(0, 1);
    one.smallerAfterMs = refusedMs + SMALLER_EVERY_MS;
    return forms;
  }

  /** The store may fail for this one only: the next round begins with others. */
  private putLast(one: Waiting): void {
    this.waiting.delete(one.live);
    this.waiting.set(one.live, one);
  }

  private async offer(live: LiveGeneration, form: EndForm): Promise<StoredEnd> {
    const { end, tail, extent } = form;
    const { key, workerId, ownerId, id } = live.record;
    const outcome = await this.store.generations.finish(key, workerId, end, tail, extent);
    if (outcome === 'deleted') return deletedWith(end);
    if (outcome === 'ended' && extent === 'turn') return storedAs(end);
    const record = await this.store.generations.find(ownerId, id);
    const offered = record?.key === key ? offeredBefore(record, end) : null;
    return offered ?? endedElsewhere(end);
  }

  private report(live: LiveGeneration, { end, extent }: EndForm): void {
    const fields = { generation_id: live.record.id };
    if (extent === 'record')
      this.logger.error(
        'A generation was ended without its messages, which the store refused',
        fields,
      );
    else if (end.response === '' && live.log.tokenCount > 0)
      this.logger.error('An answer was stored without its text, which the store refused', fields);
    else this.logger.info('The end of a generation is stored', fields);
  }
}
