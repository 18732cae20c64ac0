import { causeText } from '../common/errors/cause-text.js';
import { settledWithin } from '../common/settled-within.js';
import type { AppLogger } from '../observability/app-logger.js';
import type { Indicator } from './indicators/indicator.js';

/** A check that takes longer counts as failed. */
export const CHECK_TIMEOUT_MS = 1500;
/** Between the end of one check and the next. */
export const CHECK_INTERVAL_MS = 3000;
/** A check that does not end is abandoned after this time, so that a later one can succeed. */
const GIVE_UP_MS = 30_000;

/**
 * Runs one indicator's check again and again, so that a probe is answered from memory. Checks never overlap
 * and never throw. A change of state is one log line, and so is a first state that is the worst or needs a
 * remedy: what works from the start is not logged.
 */
export class BackgroundCheck<State extends string> {
  /** Undefined until the first check has ended. */
  private current: State | undefined;
  private failure: unknown;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private firstRound: Promise<void> | undefined;

  constructor(
    private readonly indicator: Indicator<State>,
    private readonly logger: AppLogger,
  ) {}

  get state(): State {
    return this.current ?? this.indicator.worst;
  }

  /** Begins with a check at once. */
  start(): void {
    this.firstRound ??= this.round();
  }

  /** Settles with the first check, within its time limit. */
  async first(): Promise<void> {
    await this.firstRound;
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /**
   * One check; returns within its time limit. The next one is scheduled when the check has ended.
   */
  private async round(): Promise<void> {
    const check = this.check();
    void settledWithin(check, GIVE_UP_MS).then(() => this.plan());
    const state = await settledWithin(check, CHECK_TIMEOUT_MS);
    this.set(state ?? this.indicator.worst);
  }

  private async check(): Promise<State> {
    this.failure = undefined;
    try {
      return await this.indicator.check();
    } catch (error) {
      this.failure = error;
      this.logger.debug('Health check failed', { dependency: this.indicator.name, error });
      return this.indicator.worst;
    }
  }

  private plan(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.round(), CHECK_INTERVAL_MS);
    this.timer.unref();
  }

  private set(state: State): void {
    if (this.stopped || state === this.current) return;
    const { name, worst } = this.indicator;
    const from = this.current ?? 'unknown';
    const why = this.failure === undefined ? {} : { cause: causeText(this.failure) };
    const fields = { dependency: name, from, to: state, ...why };
    const isNews = this.current !== undefined || (state === worst && worst !== from);
    const remedy = this.indicator.remedy(state);
    if (remedy !== null) this.logger.warn(remedy, fields);
    else if (isNews) this.logger.info('Dependency changed state', fields);
    this.current = state;
  }
}
