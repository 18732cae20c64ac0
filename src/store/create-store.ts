import type { Settings } from '../config/settings.js';
import type { AppLogger } from '../observability/app-logger.js';
import type { Store } from './store.js';

/**
 * The storage of the settings. Only the driver of the selected storage is loaded.
 *
 * @param how - `observe`: only to read the history, whether a process serves it or not
 */
export async function createStore(
  { storage }: Pick<Settings['history'], 'storage'>,
  logger: AppLogger,
  how: 'serve' | 'observe' = 'serve',
): Promise<Store> {
  switch (storage.kind) {
    case 'memory': {
      const { MemoryStore } = await import('./memory/memory-store.js');
      return new MemoryStore();
    }
    case 'file': {
      const { FileStore } = await import('./file/file-store.js');
      return new FileStore(storage.folder, logger, { observes: how === 'observe' });
    }
    case 'sqlite':
    case 'postgres': {
      const { TypeOrmStore } = await import('./typeorm/typeorm-store.js');
      return new TypeOrmStore(storage, logger);
    }
    case 'mongodb': {
      const { MongoStore } = await import('./mongo/mongo-store.js');
      return new MongoStore(storage);
    }
  }
}
