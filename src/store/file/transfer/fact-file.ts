import type { FactName } from '../../history-transfer.js';
import { Disk } from '../disk.js';
import { JsonReader } from '../json-reader.js';
import type { Layout } from '../layout.js';

const VERSION = 1;

/** What is noted of a folder itself. It may be served meanwhile: the service does not use it. */
export class FactFile {
  private readonly disk = new Disk();

  constructor(private readonly layout: Layout) {}

  async read(name: FactName): Promise<string | null> {
    return (await this.all())?.optional(name) ?? null;
  }

  async write(name: FactName, value: string): Promise<void> {
    const all = await this.all();
    const names: FactName[] = ['id', 'copied'];
    const facts = Object.fromEntries(
      names.flatMap((known) => {
        const written = all?.optional(known) ?? null;
        return written === null ? [] : [[known, written]];
      }),
    );
    const text = JSON.stringify({ version: VERSION, ...facts, [name]: value });
    await this.disk.replace(this.layout.facts, `${text}\n`, { durable: true });
  }

  private async all(): Promise<JsonReader | null> {
    const text = await this.disk.read(this.layout.facts);
    return text === null ? null : JsonReader.parse(text, VERSION);
  }
}
