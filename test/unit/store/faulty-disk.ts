import { Disk, type Guard } from '../../../src/store/file/disk.js';
import { fileError } from '../../../src/store/file/file-errors.js';

/** A disk that fills up: after so many changes each fails, until there is room again. */
export class FaultyDisk {
  private left = Infinity;

  fillsUpAfter(changes: number): void {
    this.left = changes;
  }

  hasRoom(): void {
    this.left = Infinity;
  }

  guardedBy(guard: Guard): Disk {
    return new FillingDisk(guard, () => {
      if (this.left-- <= 0) throw fileError(Object.assign(new Error(), { code: 'ENOSPC' }));
    });
  }
}

class FillingDisk extends Disk {
  constructor(
    guard: Guard,
    private readonly take: () => void,
  ) {
    super(guard);
  }

  protected override async change<T>(task: () => Promise<T>): Promise<T> {
    return super.change(() => {
      this.take();
      return task();
    });
  }
}
