import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { historyConfig } from '../config/namespaces.js';
import { AppLogger } from '../observability/app-logger.js';
import { Audit, operatorFor } from '../observability/audit/audit.js';
import { Store } from '../store/store.js';

const DAY_MS = 24 * 60 * 60_000;
const EVERY_MS = 60 * 60_000;
/** Until the next try, while the store cannot be reached. */
const RETRY_MS = 5000;
/** Workers that start together have one turn; a service that is started again has its own. */
const START_MS = 60_000;
/** Less than an hour, by what timers of workers may differ. */
const PAUSE_MS = EVERY_MS - START_MS;

/**
 * `HISTORY_RETENTION_DAYS`: removes conversations that nobody updated for so long, at the start and every
 * hour, in one of all processes.
 */
@Injectable()
export class IdleRetention implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;

  constructor(
    @Inject(historyConfig.KEY) private readonly settings: ConfigType<typeof historyConfig>,
    private readonly store: Store,
    private readonly logger: AppLogger,
    private readonly audit: Audit,
  ) {}

  /** Neither delays nor fails the start: the store may be reachable only later. */
  onApplicationBootstrap(): void {
    if (this.settings.retentionDays > 0) void this.run(START_MS);
  }

  onApplicationShutdown(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private async run(pauseMs: number): Promise<void> {
    try {
      await this.remove(pauseMs);
      this.runIn(EVERY_MS, PAUSE_MS);
    } catch (error) {
      this.logger.debug('Conversations could not be removed yet', { error });
      this.runIn(RETRY_MS, START_MS);
    }
  }

  private runIn(delayMs: number, pauseMs: number): void {
    if (this.isStopped) return;
    this.timer = setTimeout(() => void this.run(pauseMs), delayMs);
    this.timer.unref();
  }

  private async remove(pauseMs: number): Promise<void> {
    const { idle } = this.store;
    const now = Date.now();
    if (!(await idle.takeTurn(now, pauseMs))) return;
    const { retentionDays } = this.settings;
    const { conversations, messages } = await idle.removeAll(now - retentionDays * DAY_MS);
    if (conversations === 0) return;
    this.logger.info('Conversations were removed that nobody updated for long', {
      days: retentionDays,
      conversations,
      messages,
    });
    // By a setting, in the store of the service.
    const act = { action: 'history.prune', target: null, result: 'done' } as const;
    this.audit.write({ ...operatorFor(null), ...act });
  }
}
