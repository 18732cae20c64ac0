import { expectDocumentedHeaders } from './openapi-validator.js';

/** One block of a stream: its `id:` line, if any, as it is and as a number, and its data. */
export interface StreamEvent {
  id: number | null;
  cursor: string | null;
  // The data is what the tests are about.
  data: any;
}

/** Reads an event stream block by block, as a front end would, and keeps its bytes. */
export class StreamReader {
  raw = '';
  private unread = '';
  private readonly decoder = new TextDecoder();

  private constructor(
    readonly response: Response,
    private readonly reader: ReadableStreamDefaultReader<Uint8Array>,
    private readonly abort: AbortController,
  ) {}

  static async open(url: string, init: RequestInit = {}): Promise<StreamReader> {
    const abort = new AbortController();
    const response = await fetch(url, { ...init, signal: abort.signal });
    const { pathname } = new URL(url);
    expectDocumentedHeaders(init.method ?? 'GET', pathname, response.status, response.headers);
    if (!response.body) throw new Error(`No body: status ${String(response.status)}`);
    return new StreamReader(response, response.body.getReader(), abort);
  }

  static post(
    url: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<StreamReader> {
    return StreamReader.open(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }

  /** The next event; null at the end of the stream. Comments are skipped. */
  async next(): Promise<StreamEvent | null> {
    for (;;) {
      const end = this.unread.indexOf('\n\n');
      if (end >= 0) {
        const block = this.unread.slice(0, end);
        this.unread = this.unread.slice(end + 2);
        if (!block.startsWith(':')) return parse(block);
        continue;
      }
      const { done, value } = await this.reader.read();
      if (done) return null;
      const text = this.decoder.decode(value, { stream: true });
      this.raw += text;
      this.unread += text;
    }
  }

  /** The next `count` events. */
  async take(count: number): Promise<StreamEvent[]> {
    const events: StreamEvent[] = [];
    while (events.length < count) {
      const event = await this.next();
      if (!event) throw new Error(`The stream ended after ${String(events.length)} events`);
      events.push(event);
    }
    return events;
  }

  /** Everything up to the end. */
  async rest(): Promise<StreamEvent[]> {
    const events: StreamEvent[] = [];
    for (let event = await this.next(); event; event = await this.next()) events.push(event);
    return events;
  }

  /** Leaves, as a closed tab does. */
  leave(): void {
    this.abort.abort();
  }
}

function parse(block: string): StreamEvent {
  const lines = block.split('\n');
  const cursor = lines.find((line) => line.startsWith('id: '))?.slice(4) ?? null;
  const data = lines.find((line) => line.startsWith('data: '));
  return {
    id: cursor === null ? null : Number(cursor),
    cursor,
    data: data === undefined ? null : (JSON.parse(data.slice(6)) as unknown),
  };
}

/** The text of the token events. */
export function textOf(events: StreamEvent[]): string {
  return events.map(({ data }) => (data as { token?: string }).token ?? '').join('');
}
