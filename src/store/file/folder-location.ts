import type { AppLogger } from '../../observability/app-logger.js';
import { FileIdentity, type PathState } from '../support/files.js';

const TROUBLE: Record<Exclude<PathState, 'same'>, string> = {
  gone:
    'The history folder was moved away or deleted while the service runs: nothing is written any ' +
    'more. Put it back where it was, or stop the service',
  replaced:
    'Another folder has taken the place of the history folder, or its disk was unmounted, while the ' +
    'service runs: nothing is written any more. Put the former one back, or restart the service ' +
    'to go on with this one',
};

/**
 * Whether the folder is still what its path leads to. A folder that is known by what lies in it may
 * have got another number: some network disks number anew.
 */
export class FolderLocation {
  private state: PathState = 'same';
  private readonly identity: FileIdentity;

  constructor(
    folder: string,
    private readonly logger: AppLogger,
  ) {
    this.identity = new FileIdentity(folder);
  }

  get isSame(): boolean {
    return this.state === 'same';
  }

  /** What is there now is the store's folder; it may have gone since it was known by its lock. */
  confirm(): void {
    this.note(this.identity.remember() ? 'same' : 'gone');
  }

  /** Looks without a trace in the log: for before each change. */
  async looksSame(): Promise<boolean> {
    return this.isSame && (await this.identity.lookAsync()) === 'same';
  }

  /** Looks, where the folder was not known by what lies in it; reports trouble once. */
  async look(): Promise<void> {
    this.note(await this.identity.lookAsync());
  }

  /** What is wrong, for the log. */
  get trouble(): Error | null {
    return this.state === 'same' ? null : new Error(TROUBLE[this.state]);
  }

  private note(state: PathState): void {
    if (state === this.state) return;
    this.state = state;
    if (state === 'same') this.logger.info('The history folder is back in its place');
    else this.logger.error(TROUBLE[state]);
  }
}
