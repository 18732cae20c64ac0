import type { Logger } from '../../../observability/logger.js';
import { SqlitePlace } from './sqlite-place.js';
import { WalKeeper } from './wal-keeper.js';

const LOOK_MS = 2000;

/** Looks every few seconds at the files of an open database. */
export class SqliteWatch {
  readonly place: SqlitePlace;
  private readonly wal: WalKeeper;
  private timer: NodeJS.Timeout | null = null;

  /** @param setAutocheckpoint for the connections that write; 0 leaves checkpoints to this one */
  constructor(file: string, logger: Logger, setAutocheckpoint: (pages: number) => void) {
    this.place = new SqlitePlace(file, logger);
    this.wal = new WalKeeper(file, setAutocheckpoint);
  }

  /** To be called once the database is open. */
  begin(): void {
    this.place.begin();
    this.timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  /** To be called before it is closed. */
  async end(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    await this.wal.settled();
  }

  private look(): void {
    this.place.lookAround();
    if (this.place.trouble === null) this.wal.look();
  }
}
