import { Disk } from './disk.js';

/** The disk of a folder that another process may serve: nothing is changed, nor tidied up. */
export class ObservingDisk extends Disk {
  override async makeFolder(): Promise<void> {
    // The folder is another process's.
  }

  override async remove(): Promise<void> {
    // What looks left over may be in use.
  }

  override async moveInto(): Promise<void> {
    // A damaged file stays where it is.
  }

  protected override change<T>(): Promise<T> {
    return Promise.reject(new Error('A folder that is only read is not changed'));
  }
}
