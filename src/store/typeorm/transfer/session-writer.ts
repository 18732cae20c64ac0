import { AppError } from '../../../common/errors/app-error.js';
import type { ApiKeyRecord } from '../../../domain/api-key.js';
import type { TokenCalibration } from '../../../domain/token-calibration.js';
import type { UsageItem } from '../../../domain/token-usage.js';
import type { HistoryWriter, MovedConversation, MovedMessages } from '../../history-transfer.js';
import { guarded, withOwnFailure } from '../../support/own-failure.js';
import { databaseUnavailable, faultOf } from '../database/driver-errors.js';
import type { Dialect } from '../database/dialect.js';
import type { SqlDatabase, SqlSession } from '../database/sql-database.js';
import { saveCalibrations } from '../typeorm-calibration-store.js';
import { replaceKeys } from '../typeorm-key-store.js';
import { replaceUsage } from '../typeorm-usage-store.js';
import { putConversation, removeConversation } from './conversation-put.js';

/** Writes conversations in a transaction that others belong to, too: each is whole or not in it. */
export class SessionWriter implements HistoryWriter {
  private readonly dialect: Dialect;
  readonly calibrations;
  readonly usage;
  readonly keys;

  constructor(
    database: SqlDatabase,
    private readonly session: SqlSession,
  ) {
    this.dialect = database.dialect;
    this.calibrations = {
      save: (calibrations: readonly TokenCalibration[]) =>
        this.whole(() => saveCalibrations(session, calibrations)),
    };
    this.usage = {
      replaceAll: (items: readonly UsageItem[]) => this.whole(() => replaceUsage(session, items)),
    };
    this.keys = {
      replaceAll: (keys: readonly ApiKeyRecord[]) => this.whole(() => replaceKeys(session, keys)),
    };
  }

  put(conversation: MovedConversation, messages: MovedMessages): Promise<void> {
    const { session, dialect } = this;
    return withOwnFailure((guard) =>
      this.whole(() => putConversation(session, dialect, conversation, guarded(messages, guard))),
    );
  }

  remove(ownerId: string, id: string): Promise<void> {
    return this.whole(() => removeConversation(this.session, this.dialect, { ownerId, id }));
  }

  private async whole(work: () => Promise<void>): Promise<void> {
    const { session } = this;
    try {
      await session.query('SAVEPOINT part');
      await work();
      await session.query('RELEASE SAVEPOINT part');
    } catch (error) {
      await session.query('ROLLBACK TO SAVEPOINT part').catch(() => undefined);
      throw error instanceof AppError ? error : databaseUnavailable(faultOf(error));
    }
  }
}
