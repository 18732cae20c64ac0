import { Worker } from 'node:worker_threads';
import { sqliteDriverPath } from './sqlite-driver.js';

/**
 * Writes what is in the `-wal` file of a database into the database, and makes it empty. Much of it
 * takes long, so a thread does it: first what can be done beside writers, then the little that is left.
 */
const PROGRAM = `
  const { workerData } = require('node:worker_threads');
  const Sqlite = require(workerData.driver);
  const database = new Sqlite(workerData.file, { fileMustExist: true, timeout: 20 });
  try {
    database.pragma('wal_checkpoint(PASSIVE)');
    database.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    database.close();
  }
`;

/** Resolves when it is done, or could not be done now: somebody reads or writes, the disk is full. Fails without a thread. */
export async function truncateWal(file: string): Promise<void> {
  const workerData = { driver: sqliteDriverPath(), file };
  const worker = new Worker(PROGRAM, { eval: true, execArgv: [], workerData });
  worker.unref();
  await new Promise<void>((resolve) => {
    worker.once('error', () => resolve());
    worker.once('exit', () => resolve());
  });
}
