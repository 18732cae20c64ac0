import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileStore } from '../../src/store/file/file-store.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { describeStore } from './store-contract.js';

describeStore(
  'file',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'file-store-'));
    const opened: FileStore[] = [];
    const open = async () => {
      const store = new FileStore(folder, new RecordingLogger());
      opened.push(store);
      await store.open();
      return store;
    };
    const dispose = async () => {
      await Promise.all(opened.map((store) => store.close()));
      await rm(folder, { recursive: true });
    };
    return { store: await open(), open, dispose };
  },
  { durable: true, shared: false },
);
