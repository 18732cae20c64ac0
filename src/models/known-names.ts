import type { ModelProvider } from './model-provider.js';

/** A list that is older is read again beside the request that needs it. */
const FRESH_MS = 3_000;

/**
 * The names of one server's models, from the last list that it gave: they stay while it does not answer,
 * so that no name changes its meaning meanwhile.
 */
export class KnownNames {
  /** In the form in which the server compares them; null: it has never answered. */
  private canonical: ReadonlySet<string> | null = null;
  private reading: Promise<void> | undefined;
  private begunAt = -Infinity;
  private failed = false;

  constructor(readonly server: ModelProvider) {}

  /** Whether the server has ever given a list. */
  get hasAnswered(): boolean {
    return this.canonical !== null;
  }

  /** Whether the last list that it was asked for did not come. */
  get isDown(): boolean {
    return this.failed;
  }

  has(model: string): boolean {
    return this.canonical?.has(this.server.canonicalName(model)) ?? false;
  }

  /** Reads the list, once for all that ask meanwhile. Never rejects. */
  refresh(): Promise<void> {
    this.reading ??= this.read().finally(() => (this.reading = undefined));
    return this.reading;
  }

  /** Reads the list in the background where it may have changed. */
  refreshIfOld(): void {
    if (performance.now() - this.begunAt > FRESH_MS) void this.refresh();
  }

  private async read(): Promise<void> {
    this.begunAt = performance.now();
    try {
      const names = await this.server.names();
      this.canonical = new Set(names.map((name) => this.server.canonicalName(name)));
      this.failed = false;
    } catch {
      // Whoever needs the server is told by the server itself.
      this.failed = true;
    }
  }
}
