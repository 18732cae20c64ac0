import { MemoryStore } from '../../src/store/memory/memory-store.js';
import { describeStore } from './store-contract.js';

describeStore(
  'memory',
  async () => {
    const store = new MemoryStore();
    await store.open();
    return { store, open: async () => store, dispose: () => store.close() };
  },
  { durable: false, shared: false },
);
