import { Cancellation, type CancelSignal } from '../../../../domain/cancellation.js';
import type { ChatLineSink } from '../transport/chat-attempt.js';
import type { OllamaChatLine } from '../transport/chat-line.js';

/** Begins a chat that pushes its lines into the sink until its end or the signal's. */
type StartChat = (sink: ChatLineSink, signal: CancelSignal) => Promise<void>;

/**
 * The pushed lines of a chat as an async iteration, for LangChain. Leaving it early (`break`, an
 * error) closes the connection to the model before the iteration is over.
 */
export async function* pulledLines(
  start: StartChat,
  signal: AbortSignal | undefined,
): AsyncGenerator<OllamaChatLine> {
  signal?.throwIfAborted();
  const leaving = new Cancellation();
  const onAbort = () => leaving.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort);
  const queue = new LineQueue();
  const chat = start(queue, leaving).finally(() => queue.close());
  chat.catch(() => undefined);
  try {
    while (await queue.ready()) yield* queue.takeAll();
    await chat;
  } finally {
    leaving.abort();
    signal?.removeEventListener('abort', onAbort);
    await chat.catch(() => undefined);
  }
}

/**
 * Calls `leave` as soon as the iteration is left early. A generator that waits for its next item
 * would hear of it only after that item, which for a model may be minutes.
 */
export function onLeave<T>(items: AsyncGenerator<T>, leave: () => void): AsyncGenerator<T> {
  const finish = items.return.bind(items);
  items.return = (value) => {
    leave();
    return finish(value);
  };
  return items;
}

class LineQueue implements ChatLineSink {
  private lines: OllamaChatLine[] = [];
  private closed = false;
  private wake: () => void = () => undefined;

  line(line: OllamaChatLine): void {
    this.lines.push(line);
  }

  flush(): void {
    this.wake();
  }

  close(): void {
    this.closed = true;
    this.wake();
  }

  takeAll(): OllamaChatLine[] {
    const lines = this.lines;
    this.lines = [];
    return lines;
  }

  /** True once there are lines, false when there will be none any more. */
  async ready(): Promise<boolean> {
    while (this.lines.length === 0 && !this.closed) {
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    return this.lines.length > 0;
  }
}
