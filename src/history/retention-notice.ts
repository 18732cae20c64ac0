import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { historyConfig } from '../config/namespaces.js';
import { AppLogger } from '../observability/app-logger.js';
import { ConversationStore } from '../store/conversation-store.js';

/** Until the next try, while the store cannot be reached. */
const RETRY_MS = 5000;

/**
 * Warns once, at the start, if owners have more conversations than the limit. Nothing is removed
 * then: each new conversation removes at most one.
 */
@Injectable()
export class RetentionNotice implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    @Inject(historyConfig.KEY) private readonly settings: ConfigType<typeof historyConfig>,
    private readonly conversations: ConversationStore,
    private readonly logger: AppLogger,
  ) {}

  /** Neither delays nor fails the start: the store may be reachable only later. */
  onApplicationBootstrap(): void {
    if (this.settings.maxConversations > 0) void this.warn();
  }

  onApplicationShutdown(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private async warn(): Promise<void> {
    try {
      this.warnOver(this.settings.maxConversations, await this.counts());
    } catch (error) {
      this.logger.debug('Conversations could not be counted yet', { error });
      if (this.stopped) return;
      this.timer = setTimeout(() => void this.warn(), RETRY_MS);
      this.timer.unref();
    }
  }

  private async counts(): Promise<number[]> {
    return [...(await this.conversations.countByOwner()).values()];
  }

  private warnOver(limit: number, counts: number[]): void {
    const over = counts.filter((count) => count > limit);
    if (over.length === 0) return;
    this.logger.warn(
      'More conversations are stored than HISTORY_MAX_CONVERSATIONS; each new one removes the ' +
        'oldest',
      { limit, owners: over.length, most: Math.max(...over) },
    );
  }
}
