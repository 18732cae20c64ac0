import { join } from 'node:path';
import type { UsageItem, UtcDay } from '../../domain/token-usage.js';
import type { LocalState } from '../local/local-state.js';
import type { Disk } from './disk.js';
import { TEMPORARY } from './file-writes.js';
import { JsonReader } from './json-reader.js';
import type { Layout } from './layout.js';
import type { Quarantine } from './quarantine.js';

const VERSION = 1;

/** The usage of one day, as it was saved. */
interface SavedUsage {
  items: UsageItem[];
  /** Keys of generations in it whose files were there when it was written. */
  counted: string[];
}

/**
 * One JSON file a day. What an answer spent is first in the file of its generation, and so is there with its
 * end; it comes into that of its day before its generation's file is removed.
 */
export class UsageFiles {
  constructor(
    private readonly disk: Disk,
    private readonly layout: Layout,
    private readonly quarantine: Quarantine,
  ) {}

  async save(day: UtcDay, items: readonly UsageItem[], counted: readonly string[]): Promise<void> {
    const path = join(this.layout.usage, `${day}.json`);
    if (items.length === 0) return this.disk.remove(path, { durable: true });
    const text = JSON.stringify({ version: VERSION, day, items: items.map(toWritten), counted });
    await this.disk.replace(path, `${text}\n`, { durable: true });
  }

  async loadAll(): Promise<SavedUsage[]> {
    const names = (await this.disk.list(this.layout.usage)).map(({ name }) => name);
    const paths = names.map((name) => join(this.layout.usage, name));
    for (const path of paths) if (path.endsWith(TEMPORARY)) await this.disk.remove(path);
    const read = await Promise.all(
      paths
        .filter((path) => path.endsWith('.json'))
        .map((path) => this.quarantine.readSound(path, decode)),
    );
    return read.flatMap((saved) => saved ?? []);
  }
}

/** Fills the usage from its files and from the generations that are not in them. Call it when these are loaded. */
export async function recoverUsage(state: LocalState, files: UsageFiles): Promise<void> {
  const counted = new Set<string>();
  for (const saved of await files.loadAll()) {
    for (const item of saved.items) state.usage.add(item);
    for (const key of saved.counted) counted.add(key);
  }
  for (const row of state.table.allEnded()) if (!counted.has(row.key)) state.count(row);
}

function toWritten({ day: _day, ownerId: owner, keyName: key, ...item }: UsageItem) {
  return { owner, key, ...item };
}

function decode(text: string): SavedUsage {
  const file = JsonReader.parse(text, VERSION);
  const day = file.text('day');
  return {
    items: file.list('items').map((item) => toItem(day, item)),
    counted: file.optionalTexts('counted'),
  };
}

function toItem(day: UtcDay, item: JsonReader): UsageItem {
  return {
    day,
    ownerId: item.text('owner'),
    keyName: item.text('key'),
    model: item.text('model'),
    generations: item.number('generations'),
    completed: item.number('completed'),
    cancelled: item.number('cancelled'),
    failed: item.number('failed'),
    promptTokens: item.number('promptTokens'),
    completionTokens: item.number('completionTokens'),
    estimatedTokens: item.number('estimatedTokens'),
  };
}
