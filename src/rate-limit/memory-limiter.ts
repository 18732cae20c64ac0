import { WINDOW_SECONDS, type Count, type Limiter } from './limiter.js';

interface Window {
  consumed: number;
  endsAt: number;
}

const MAX_CLIENTS = 50_000;

/** Fractions would round a window of 60 s up to 61. */
const wholeMilliseconds = (): number => Math.floor(performance.now());

/**
 * Fixed windows in the memory of one process. Windows are all of one length, so the map's order is
 * the order in which they end: ended ones leave at the front, and no client has a timer. With
 * `maxClients` of them the oldest is removed, so that many addresses cannot fill the memory.
 */
export class MemoryLimiter implements Limiter {
  private readonly windows = new Map<string, Window>();

  constructor(
    readonly limit: number,
    private readonly now: () => number = wholeMilliseconds,
    private readonly maxClients = MAX_CLIENTS,
  ) {}

  /** Clients remembered now. */
  get size(): number {
    return this.windows.size;
  }

  async consume(client: string, limit = this.limit): Promise<Count> {
    const now = this.now();
    this.forgetEnded(now);
    const window = this.windows.get(client) ?? this.open(client, now);
    window.consumed += 1;
    const { consumed, endsAt } = window;
    return { consumed, msLeft: endsAt - now, blocked: consumed > limit };
  }

  private open(client: string, now: number): Window {
    if (this.windows.size >= this.maxClients) {
      const oldest = this.windows.keys().next();
      if (!oldest.done) this.windows.delete(oldest.value);
    }
    const window = { consumed: 0, endsAt: now + WINDOW_SECONDS * 1000 };
    this.windows.set(client, window);
    return window;
  }

  private forgetEnded(now: number): void {
    for (const [client, { endsAt }] of this.windows) {
      if (endsAt > now) return;
      this.windows.delete(client);
    }
  }
}
