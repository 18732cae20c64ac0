import { Disk, type Guard } from '../../../src/store/file/disk.js';
import { fileError } from '../../../src/store/file/file-errors.js';
import type { FileStoreOptions } from '../../../src/store/file/file-store.js';

/** How many more changes a process makes before it dies; what was begun by then is done. */
export interface Life {
  changes: number;
}

class DyingDisk extends Disk {
  constructor(
    guard: Guard,
    private readonly life: Life,
    private readonly cost: number,
  ) {
    super(guard);
  }

  protected override async change<T>(task: () => Promise<T>): Promise<T> {
    if (this.life.changes <= 0) throw fileError(new Error('This process is dead'));
    this.life.changes -= this.cost;
    return super.change(task);
  }
}

/** A process that dies after its `changes`-th change of the store's files; its lock stays behind. */
export function mortal(life: Life): Pick<FileStoreOptions, 'makeDisk'> {
  let disks = 0;
  // The first disk is the lock's, whose beats come by the clock: they cost nothing.
  return { makeDisk: (guard) => new DyingDisk(guard, life, disks++ === 0 ? 0 : 1) };
}
