import { basename, extname, join } from 'node:path';
import type { LogBatch } from '../../domain/generation.js';
import type { RecordedChange } from '../local/change-run.js';
import { isRunning, type GenerationRow } from '../local/generation-row.js';
import type { FileChangeFeed } from './changes/file-change-feed.js';
import type { Disk } from './disk.js';
import {
  decodeGeneration,
  decodeLog,
  encodeGeneration,
  encodeLogLine,
  type WrittenGeneration,
} from './generation-codec.js';
import { TEMPORARY } from './file-writes.js';
import type { Layout } from './layout.js';
import type { Quarantine } from './quarantine.js';

/**
 * One JSON file and one log per generation. They are not synced to disk: a crash of the process
 * loses nothing, a power failure only data that the conversation's file does not need.
 */
export class GenerationFiles {
  /** Bytes of complete lines in each log. */
  private readonly sizes = new Map<string, number>();

  constructor(
    private readonly disk: Disk,
    private readonly layout: Layout,
    private readonly quarantine: Quarantine,
    private readonly changes: FileChangeFeed,
  ) {}

  async save(row: GenerationRow, changes: readonly RecordedChange[] = []): Promise<void> {
    const outbox =
      changes.length > 0 ? this.changes.outbox(row.ownerId, row.conversationId, changes) : null;
    await this.disk.replace(this.layout.generation(row.key), encodeGeneration(row, outbox));
    if (!isRunning(row)) this.sizes.delete(row.key);
    if (!outbox) return;
    this.changes.add(outbox);
    // The next write of the row is without them.
    await this.changes.sync().catch(() => undefined);
  }

  /** The row first: a log without a row is found and removed at the next start. */
  async remove(key: string): Promise<void> {
    await this.disk.remove(this.layout.generation(key));
    await this.removeLog(key);
  }

  async append(batch: LogBatch): Promise<void> {
    const size = this.sizes.get(batch.key) ?? 0;
    const path = this.layout.log(batch.key);
    const written = await this.disk.writeAt(path, size, encodeLogLine(batch));
    this.sizes.set(batch.key, size + written);
  }

  async readLog(key: string): Promise<LogBatch[]> {
    const text = await this.disk.read(this.layout.log(key));
    return text === null ? [] : decodeLog(key, text);
  }

  async removeLog(key: string): Promise<void> {
    this.sizes.delete(key);
    await this.disk.remove(this.layout.log(key));
  }

  /** All rows, in the order of their creation. Removes files without a row. */
  async loadAll(): Promise<WrittenGeneration[]> {
    const names = (await this.disk.list(this.layout.generations)).map(({ name }) => name);
    const read = await Promise.all(
      names
        .filter((name) => extname(name) === '.json')
        .map((name) =>
          this.quarantine.readSound(join(this.layout.generations, name), decodeGeneration),
        ),
    );
    await this.removeStrays(names);
    return read
      .flatMap((written) => written ?? [])
      .sort((a, b) => a.row.createdAt - b.row.createdAt);
  }

  /** Incomplete files of a crash, and logs without a row. */
  private async removeStrays(names: string[]): Promise<void> {
    const rows = new Set(names.filter((name) => extname(name) === '.json'));
    for (const name of names) {
      const stray = extname(name) === '.ndjson' && !rows.has(`${basename(name, '.ndjson')}.json`);
      if (stray || name.endsWith(TEMPORARY))
        await this.disk.remove(join(this.layout.generations, name));
    }
  }
}
