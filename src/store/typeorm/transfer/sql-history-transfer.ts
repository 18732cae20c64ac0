import type { CalibrationStore } from '../../calibration-store.js';
import type { KeyStore } from '../../key-store.js';
import type { UsageStore } from '../../usage-store.js';
import {
  contentOf,
  HistoryTransfer,
  StoreNotEmptyError,
  type FactName,
  type HistoryView,
  type HistoryWriter,
} from '../../history-transfer.js';
import { guarded, withOwnFailure } from '../../support/own-failure.js';
import { assertUnserved } from '../../support/unserved.js';
import type { SqlDatabase, SqlSession } from '../database/sql-database.js';
import { TypeOrmCalibrationStore } from '../typeorm-calibration-store.js';
import { TypeOrmConversationStore } from '../typeorm-conversation-store.js';
import { TypeOrmImageStore } from '../typeorm-image-store.js';
import { TypeOrmKeyStore } from '../typeorm-key-store.js';
import { TypeOrmUsageStore } from '../typeorm-usage-store.js';
import type { TypeOrmWorkerCoordination } from '../typeorm-worker-coordination.js';
import { putConversation, removeConversation } from './conversation-put.js';
import { readFact, removeFact, writeFact } from './facts.js';
import { SessionWriter } from './session-writer.js';
import { SnapshotDatabase } from './snapshot-database.js';

/** What of the store opens it, and who works on it. */
export interface OpenedStore {
  open(): Promise<void>;
  close(): Promise<void>;
  readonly coordination: Pick<TypeOrmWorkerCoordination, 'workers'>;
  readonly calibrations: CalibrationStore;
  readonly usage: UsageStore;
  readonly keys: KeyStore;
}

/** Moves histories out of a SQL database and into it. */
export class SqlHistoryTransfer extends HistoryTransfer {
  readonly writer: HistoryWriter;

  constructor(
    private readonly database: SqlDatabase,
    private readonly store: OpenedStore,
  ) {
    super();
    const { dialect } = database;
    this.writer = {
      calibrations: store.calibrations,
      usage: store.usage,
      keys: store.keys,
      put: (conversation, messages) =>
        withOwnFailure((guard) =>
          this.database.transaction((session) =>
            putConversation(session, dialect, conversation, guarded(messages, guard)),
          ),
        ),
      remove: (ownerId, id) =>
        this.database.transaction((session) =>
          removeConversation(session, dialect, { ownerId, id }),
        ),
    };
  }

  async openAlone(): Promise<void> {
    await this.database.assertUnopened();
    await this.store.open();
    // Of SQLite it is known by now; a counter there may be that of a process that died.
    if (this.database.dialect.name === 'postgres') await assertUnserved(this.store);
  }

  reading<T>(work: (view: HistoryView) => Promise<T>): Promise<T> {
    return withOwnFailure((guard) =>
      this.database.snapshot((session) => guard(work(this.viewOf(session)))),
    );
  }

  /** In one transaction: nobody sees a part of it, and after a crash nothing is there. */
  filling<T>(work: (writer: HistoryWriter) => Promise<T>): Promise<T> {
    return withOwnFailure((guard) =>
      this.database.longTransaction((session) => guard(this.fill(session, work))),
    );
  }

  fact(name: FactName): Promise<string | null> {
    return readFact(this.database, name);
  }

  setFact(name: FactName, value: string | null): Promise<void> {
    return writeFact(this.database, name, value);
  }

  private async fill<T>(
    session: SqlSession,
    work: (writer: HistoryWriter) => Promise<T>,
  ): Promise<T> {
    const content = await contentOf(this.viewOf(session));
    if (content) throw new StoreNotEmptyError(content);
    await removeFact(session, 'copied');
    return work(new SessionWriter(this.database, session));
  }

  private viewOf(session: SqlSession): HistoryView {
    const snapshot = new SnapshotDatabase(this.database, session);
    const images = new TypeOrmImageStore(snapshot);
    return {
      conversations: new TypeOrmConversationStore(snapshot, () => undefined),
      calibrations: new TypeOrmCalibrationStore(snapshot),
      usage: new TypeOrmUsageStore(snapshot),
      keys: new TypeOrmKeyStore(snapshot),
      image: async ({ ownerId, id }, image) =>
        (await images.read(ownerId, id, image.id))?.pieces ?? null,
    };
  }
}
