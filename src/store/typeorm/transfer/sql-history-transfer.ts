import {
  HistoryTransfer,
  type FactName,
  type HistoryView,
  type HistoryWriter,
} from '../../history-transfer.js';
import { guarded, withOwnFailure } from '../../support/own-failure.js';
import { assertUnserved } from '../../support/unserved.js';
import type { SqlDatabase, SqlSession } from '../database/sql-database.js';
import { TypeOrmConversationStore } from '../typeorm-conversation-store.js';
import { TypeOrmImageStore } from '../typeorm-image-store.js';
import type { TypeOrmWorkerCoordination } from '../typeorm-worker-coordination.js';
import { putConversation, removeConversation } from './conversation-put.js';
import { readFact, writeFact } from './facts.js';
import { SnapshotDatabase } from './snapshot-database.js';

/** What of the store opens it, and who works on it. */
export interface OpenedStore {
  open(): Promise<void>;
  close(): Promise<void>;
  readonly coordination: Pick<TypeOrmWorkerCoordination, 'workers'>;
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

  fact(name: FactName): Promise<string | null> {
    return readFact(this.database, name);
  }

  setFact(name: FactName, value: string): Promise<void> {
    return writeFact(this.database, name, value);
  }

  private viewOf(session: SqlSession): HistoryView {
    const snapshot = new SnapshotDatabase(this.database, session);
    const images = new TypeOrmImageStore(snapshot);
    return {
      conversations: new TypeOrmConversationStore(snapshot, () => undefined),
      image: async ({ ownerId, id }, image) =>
        (await images.read(ownerId, id, image.id))?.pieces ?? null,
    };
  }
}
