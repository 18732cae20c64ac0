import { Global, Module } from '@nestjs/common';
import { historyConfig } from '../config/namespaces.js';
import type { Settings } from '../config/settings.js';
import { AppLogger } from '../observability/app-logger.js';
import { Meter, SilentMeter } from '../observability/meter.js';
import { Tracing } from '../observability/tracing.js';
import { ChangeFeed } from './change-feed.js';
import { ConversationStore } from './conversation-store.js';
import { createStore } from './create-store.js';
import { GenerationStore } from './generation-store.js';
import { HistoryRetention } from './history-retention.js';
import { ImageStore } from './image-store.js';
import { LiveTexts } from './live-texts.js';
import { ObservedStore } from './observed-store.js';
import { StoreLifecycle } from './store-lifecycle.js';
import { Store } from './store.js';
import { WorkerCoordination } from './worker-coordination.js';

/** The storage of the settings; it is as it is where nobody observes it. */
async function makeStore(
  history: Settings['history'],
  logger: AppLogger,
  meter: Meter,
  tracing: Tracing | null,
): Promise<Store> {
  const store = await createStore(history, logger);
  const isObserved = tracing !== null || !(meter instanceof SilentMeter);
  return isObserved ? new ObservedStore(store, meter, tracing) : store;
}

/** The one storage of the service, behind its ports. */
@Global()
@Module({
  providers: [
    {
      provide: Store,
      useFactory: makeStore,
      inject: [historyConfig.KEY, AppLogger, Meter, Tracing],
    },
    {
      provide: ConversationStore,
      useFactory: (store: Store) => store.conversations,
      inject: [Store],
    },
    { provide: GenerationStore, useFactory: (store: Store) => store.generations, inject: [Store] },
    {
      provide: WorkerCoordination,
      useFactory: (store: Store) => store.coordination,
      inject: [Store],
    },
    { provide: ImageStore, useFactory: (store: Store) => store.images, inject: [Store] },
    { provide: ChangeFeed, useFactory: (store: Store) => store.changes, inject: [Store] },
    HistoryRetention,
    LiveTexts,
    StoreLifecycle,
  ],
  exports: [
    Store,
    ChangeFeed,
    ConversationStore,
    GenerationStore,
    WorkerCoordination,
    ImageStore,
    HistoryRetention,
    LiveTexts,
  ],
})
export class StoreModule {}
