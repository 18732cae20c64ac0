import { contentOf, type HistoryTransfer } from '../../store/history-transfer.js';
import type { Store } from '../../store/store.js';
import { CommandError } from '../command-error.js';
import { keysDigest } from './digest.js';
import { keysOf } from './moved-history.js';

/** While keys are written, the store may have any part of them. */
const WRITING = '*';

type Target = Pick<Store, 'conversations' | 'usage' | 'keys' | 'changes'> & {
  readonly transfer: HistoryTransfer;
};

/**
 * What a store notes that is copied to: whose copy it is, and what it has, so that the next copy knows
 * whether anything was done with it meanwhile. The feed of a store that was used has grown; keys are changed
 * without it.
 */
export class CopyNote {
  constructor(private readonly to: Target) {}

  /** Fails if the store is neither empty nor a copy of `source` as it was written. */
  async assertCopyOf(source: string | null): Promise<void> {
    const noted = await this.to.transfer.fact('copied');
    if (noted === null) return this.assertEmpty();
    const [copied, end, keys] = noted.split(' ');
    if (copied !== source)
      throw new CommandError(
        'The store to copy to has the copy of another store; name an empty one',
      );
    const isSame = end === (await this.to.changes.end());
    const hasSameKeys = keys === WRITING || keys === (await this.keys());
    if (!isSame || !hasSameKeys)
      throw new CommandError(
        'The store to copy to was changed since it was copied to; name an empty one',
      );
  }

  /** Notes what it has now. */
  async write(source: string): Promise<void> {
    await this.set(source, await this.keys());
  }

  /** Runs work that writes keys, and can be repeated if it does not end. */
  async whileWritingKeys(source: string, work: () => Promise<void>): Promise<void> {
    await this.set(source, WRITING);
    await work();
    await this.write(source);
  }

  private async assertEmpty(): Promise<void> {
    const content = await contentOf(this.to);
    if (content)
      throw new CommandError(`The store to copy to has ${content} of its own; name an empty one`);
  }

  private async keys(): Promise<string> {
    return keysDigest((await keysOf(this.to)) ?? []);
  }

  private async set(source: string, keys: string): Promise<void> {
    const { transfer, changes } = this.to;
    await transfer.setFact('copied', `${source} ${await changes.end()} ${keys}`);
  }
}
