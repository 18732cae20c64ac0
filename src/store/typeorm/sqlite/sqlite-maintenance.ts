import { statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { AppLogger } from '../../../observability/app-logger.js';
import { sqliteDriverPath } from './sqlite-driver.js';
import { SqliteLocation } from './sqlite-files.js';

const LOOK_MS = 2000;

/** Checks the files of an open database every few seconds. */
export class SqliteMaintenance {
  readonly location: SqliteLocation;
  private readonly wal: WalCheckpointer;
  private timer: NodeJS.Timeout | null = null;

  /** @param setAutocheckpoint for the connections that write; 0 leaves checkpoints to this one */
  constructor(file: string, logger: AppLogger, setAutocheckpoint: (pages: number) => void) {
    this.location = new SqliteLocation(file, logger);
    this.wal = new WalCheckpointer(file, setAutocheckpoint);
  }

  /** To be called once the database is open. */
  begin(): void {
    this.location.begin();
    this.timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  /** To be called before it is closed. */
  async end(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    await this.wal.settled();
  }

  private look(): void {
    this.location.lookAround();
    if (this.location.trouble === null) this.wal.look();
  }
}

/** Of SQLite itself: a commit that leaves so many pages behind brings them into the database. */
export const AUTOCHECKPOINT_PAGES = 1000;
/**
 * Above this size, emptying it takes too long on the main thread; it grows so large only because of
 * long readers.
 */
const LARGE_BYTES = 16 * 1024 * 1024;
/** How long deleted data may remain in a smaller file. */
const LONGEST_UNCUT_MS = 60_000;
/** Between two tries while another process reads. */
const LONGEST_PAUSE_MS = 10_000;

/**
 * Keeps the `-wal` file small: a program that reads prevents SQLite from emptying it, and without
 * this class it would stay large. Deleted data is removed from it too.
 */
export class WalCheckpointer {
  private isLarge = false;
  private emptiedAt = performance.now();
  private nextAt = 0;
  private pauseMs = 0;
  private working: Promise<void> | null = null;

  /** @param setAutocheckpoint for the connections that write; 0 leaves it all to this one */
  constructor(
    private readonly file: string,
    private readonly setAutocheckpoint: (pages: number) => void,
  ) {}

  /** To be called every few seconds. */
  look(): void {
    const now = performance.now();
    const bytes = this.size();
    this.noteSize(bytes > LARGE_BYTES);
    if (bytes === 0) this.emptiedAt = now;
    const due = this.isLarge || now - this.emptiedAt > LONGEST_UNCUT_MS;
    if (due && now >= this.nextAt) this.working ??= this.empty();
  }

  /** Until it no longer has the database open. */
  async settled(): Promise<void> {
    await this.working;
  }

  private async empty(): Promise<void> {
    // It is retried; without a thread the file stays as large as it is.
    await truncateWal(this.file).catch(() => undefined);
    this.working = null;
    this.pauseMs = this.size() === 0 ? 0 : Math.min(LONGEST_PAUSE_MS, this.pauseMs * 2 + 1000);
    this.nextAt = performance.now() + this.pauseMs;
  }

  private noteSize(isLarge: boolean): void {
    if (isLarge === this.isLarge) return;
    this.isLarge = isLarge;
    this.setAutocheckpoint(isLarge ? 0 : AUTOCHECKPOINT_PAGES);
  }

  private size(): number {
    return statSync(`${this.file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  }
}

/**
 * Writes what is in the `-wal` file of a database into the database, and makes it empty. Much of it
 * takes long, so a thread does it: first the part that does not block writers, then the small rest.
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

/**
 * Resolves when it is done, or could not be done now (another process reads or writes, the disk is
 * full). Fails without a thread.
 */
export async function truncateWal(file: string): Promise<void> {
  const workerData = { driver: sqliteDriverPath(), file };
  const worker = new Worker(PROGRAM, { eval: true, execArgv: [], workerData });
  worker.unref();
  await new Promise<void>((resolve) => {
    worker.once('error', () => resolve());
    worker.once('exit', () => resolve());
  });
}
