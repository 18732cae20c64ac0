import { StreamReader } from '../../support/stream-reader.js';
import type { Reading } from './journal.js';
import { pieceOf } from './pieces.js';

export interface Reply {
  status: number;
  headers: Headers;
  body: any;
}

/** A live service answers within this, on any machine. */
const DEADLINE_MS = 20_000;

/** The answer, or null when none came: nobody knows then what became of the request. */
export async function ask(
  method: string,
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
  withinMs = DEADLINE_MS,
): Promise<Reply | null> {
  try {
    const response = await fetch(url, {
      method,
      headers: body === undefined ? headers : { 'Content-Type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(withinMs),
    });
    const text = await response.text();
    const parsed: unknown = text === '' ? null : JSON.parse(text);
    return { status: response.status, headers: response.headers, body: parsed };
  } catch (error) {
    if (error instanceof SyntaxError) throw error;
    return null;
  }
}

/** The opened stream, its refusal, or null when no answer came. */
export async function openStream(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<StreamReader | Reply | null> {
  try {
    const reader =
      body === undefined
        ? await StreamReader.open(url, { headers })
        : await StreamReader.post(url, body, headers);
    if (reader.response.headers.get('Content-Type')?.startsWith('text/event-stream')) return reader;
    await reader.next().catch(() => null);
    const { status, headers: sent } = reader.response;
    return { status, headers: sent, body: reader.raw === '' ? null : JSON.parse(reader.raw) };
  } catch (error) {
    if (error instanceof SyntaxError) throw error;
    return null;
  }
}

export interface ReadOptions {
  after?: number;
  /** Leaves after so many tokens. */
  leaveAfter?: number;
  /** Leaves after so many milliseconds. */
  withinMs?: number;
  onToken?: () => void;
}

/** Reads on until the last block, the cut, or the moment to leave. */
export async function readOn(reader: StreamReader, options: ReadOptions = {}): Promise<Reading> {
  const { after = 0, leaveAfter = Infinity, withinMs = DEADLINE_MS, onToken } = options;
  const reading: Reading = { after, tokens: [], calls: [], terminal: null, closed: false, raw: '' };
  const timer = setTimeout(() => reader.leave(), withinMs);
  try {
    while (reading.tokens.length < leaveAfter) {
      const event = await reader.next();
      if (!event) {
        reading.closed = true;
        break;
      }
      const piece = pieceOf(event.data);
      if (piece !== null) reading.tokens.push(piece);
      else reading.terminal = event.data;
      if (event.data.tool_call) reading.calls.push(event.data.tool_call);
      onToken?.();
    }
    if (reading.tokens.length >= leaveAfter) reader.leave();
  } catch {
    // The connection broke: what came is what it has.
  } finally {
    clearTimeout(timer);
  }
  reading.raw = reader.raw;
  return reading;
}
