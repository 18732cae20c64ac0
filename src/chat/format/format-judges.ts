import { schemaKey } from './schema-key.js';
import { SchemaThread } from './schema-thread.js';

/** How long an end may wait for the ends of others: nobody gets it meanwhile. */
const WAIT_MS = 1_000;
/** To compile a schema and to judge an answer by it takes a few milliseconds. */
const FAST_MS = 100;
const MOST_FAST = 1_000;

/**
 * Judges answers. Schemas that were fast have a thread to themselves: one that is made to be slow can
 * delay only those that are as new as itself, whatever its client sends.
 */
export class FormatJudges {
  private readonly known = new SchemaThread(WAIT_MS);
  private readonly others = new SchemaThread(WAIT_MS);
  /** Keys of the schemas that were fast when they were last used, the ones used last at the end. */
  private readonly fast = new Set<string>();

  /**
   * Whether the text is as the schema wants it; null where that took too long.
   *
   * @param schema its JSON text; null: any JSON
   */
  async judge(schema: string | null, text: string): Promise<boolean | null> {
    const key = schema === null ? null : schemaKey(schema);
    const thread = key === null || this.fast.has(key) ? this.known : this.others;
    const outcome = await thread.run({ schema, text });
    // Where others were too many, nothing was learnt of this one.
    if (key !== null && outcome.is !== 'busy') {
      this.note(key, outcome.is === 'judged' && outcome.ms <= FAST_MS);
    }
    return outcome.is === 'judged' ? outcome.valid : null;
  }

  async close(): Promise<void> {
    await Promise.all([this.known.close(), this.others.close()]);
  }

  private note(key: string, isFast: boolean): void {
    this.fast.delete(key);
    if (!isFast) return;
    this.fast.add(key);
    const [oldest] = this.fast;
    if (this.fast.size > MOST_FAST && oldest !== undefined) this.fast.delete(oldest);
  }
}
