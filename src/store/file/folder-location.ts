import type { AppLogger } from '../../observability/app-logger.js';
import { FileIdentity, type PathState } from '../support/files.js';

const TROUBLE: Record<Exclude<PathState, 'same'>, string> = {
  missing:
    'The history folder was moved away or deleted while the service runs: nothing is written any ' +
    'more. Put it back where it was, or stop the service',
  replaced:
    'Another folder has taken the place of the history folder, or its disk was unmounted, while the ' +
    'service runs: nothing is written any more. Put the former one back, or restart the service ' +
    'to go on with this one',
};

/**
 * Whether the path still leads to the same folder. If its content confirms it, the folder may have
 * another inode number: some network file systems change them.
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

  /**
   * The folder at the path is the store's, as its lock confirms; it may have been removed since
   * then.
   */
  confirm(): void {
    this.note(this.identity.remember() ? 'same' : 'missing');
  }

  /** Checks without logging; called before each change. */
  async isUnchanged(): Promise<boolean> {
    return this.isSame && (await this.identity.lookAsync()) === 'same';
  }

  /** Checks a folder that its content has not confirmed; logs a problem once. */
  async look(): Promise<void> {
    this.note(await this.identity.lookAsync());
  }

  /** The problem, for the log. */
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
