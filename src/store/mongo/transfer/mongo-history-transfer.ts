import {
  HistoryTransfer,
  type FactName,
  type HistoryView,
  type HistoryWriter,
} from '../../history-transfer.js';
import type { Store } from '../../store.js';
import { guarded, withOwnFailure } from '../../support/own-failure.js';
import { fillMarked } from '../../support/marked-filling.js';
import { assertStillUnserved, assertUnserved } from '../../support/unserved.js';
import type { MongoDatabase } from '../database/mongo-database.js';
import { putConversation, removeConversation, removeHistory } from './conversation-put.js';

/** Moves histories out of a MongoDB database and into it. */
export class MongoHistoryTransfer extends HistoryTransfer {
  readonly writer: HistoryWriter;

  constructor(
    private readonly database: MongoDatabase,
    private readonly store: Store,
  ) {
    super();
    this.writer = {
      calibrations: store.calibrations,
      usage: store.usage,
      keys: store.keys,
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

  async openAlone(toFill = false): Promise<void> {
    if (toFill) await this.database.open();
    else await this.store.open();
    await assertUnserved(this.store);
  }

  reading<T>(work: (view: HistoryView) => Promise<T>): Promise<T> {
    const { conversations, calibrations, usage, keys, images } = this.store;
    return work({
      conversations,
      calibrations,
      usage,
      keys,
      image: async ({ ownerId, id }, image) =>
        (await images.read(ownerId, id, image.id))?.pieces ?? null,
    });
  }

  filling<T>(work: (writer: HistoryWriter) => Promise<T>): Promise<T> {
    const marked = {
      transfer: this,
      store: this.store,
      removeConversations: () => this.database.use(removeHistory),
      assertAlone: () => assertStillUnserved(this.store),
    };
    return fillMarked(marked, () => work(this.writer));
  }

  fact(name: FactName): Promise<string | null> {
    return this.database.use(
      async ({ facts }) => (await facts.findOne({ _id: name }))?.value ?? null,
    );
  }

  async setFact(name: FactName, value: string | null): Promise<void> {
    await this.database.use(async ({ facts }) => {
      if (value === null) await facts.deleteOne({ _id: name });
      else await facts.updateOne({ _id: name }, { $set: { value } }, { upsert: true });
    });
  }
}
