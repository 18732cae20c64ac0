import type { FactName } from '../../history-transfer.js';
import { Disk } from '../disk.js';
import { JsonReader } from '../json-reader.js';
import type { Layout } from '../layout.js';

const VERSION = 1;
const NAMES: readonly FactName[] = ['id', 'copied', 'restoring'];

/** What is noted of a folder itself. It may be served meanwhile: the service does not use it. */
export class FactFile {
  private readonly disk = new Disk();

  constructor(private readonly layout: Layout) {}

  async read(name: FactName): Promise<string | null> {
    return (await this.all())?.optional(name) ?? null;
  }

  /** Null removes it. */
  async write(name: FactName, value: string | null): Promise<void> {
    const all = await this.all();
    const facts = NAMES.flatMap((known) => {
      const fact = known === name ? value : (all?.optional(known) ?? null);
      return fact === null ? [] : [[known, fact]];
    });
    const text = JSON.stringify({ version: VERSION, ...Object.fromEntries(facts) });
    await this.disk.replace(this.layout.facts, `${text}\n`, { durable: true });
  }

  private async all(): Promise<JsonReader | null> {
    const text = await this.disk.read(this.layout.facts);
    return text === null ? null : JsonReader.parse(text, VERSION);
  }
}
