import {
  HistoryTransfer,
  type FactName,
  type HistoryView,
  type HistoryWriter,
} from '../../history-transfer.js';
import type { Store } from '../../store.js';
import { guarded, withOwnFailure } from '../../support/own-failure.js';
import { assertUnserved } from '../../support/unserved.js';
import type { MongoDatabase } from '../database/mongo-database.js';
import { putConversation, removeConversation } from './conversation-put.js';

/** Moves histories out of a MongoDB database and into it. */
export class MongoHistoryTransfer extends HistoryTransfer {
  readonly writer: HistoryWriter;

  constructor(
    private readonly database: MongoDatabase,
    private readonly store: Store,
  ) {
    super();
    this.writer = {
      put: (conversation, messages) =>
        withOwnFailure((guard) =>
          database.use((collections) =>
            putConversation(collections, conversation, guarded(messages, guard)),
          ),
        ),
      remove: (ownerId, id) =>
        database.use((collections) => removeConversation(collections, { ownerId, id })),
    };
  }

  async openAlone(): Promise<void> {
    await this.store.open();
    await assertUnserved(this.store);
  }

  reading<T>(work: (view: HistoryView) => Promise<T>): Promise<T> {
    const { conversations, images } = this.store;
    return work({
      conversations,
      image: async ({ ownerId, id }, image) =>
        (await images.read(ownerId, id, image.id))?.pieces ?? null,
    });
  }

  fact(name: FactName): Promise<string | null> {
    return this.database.use(
      async ({ facts }) => (await facts.findOne({ _id: name }))?.value ?? null,
    );
  }

  async setFact(name: FactName, value: string): Promise<void> {
    await this.database.use(({ facts }) =>
      facts.updateOne({ _id: name }, { $set: { value } }, { upsert: true }),
    );
  }
}
