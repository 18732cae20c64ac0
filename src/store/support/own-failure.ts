import type { Message } from '../../domain/conversation.js';
import type { MovedMessages } from '../history-transfer.js';

/** Runs a part of work; its failure is then that of the work. */
export type Guard = <T>(own: Promise<T>) => Promise<T>;

/** A store takes all failures of its work for its own: those of guarded parts come out as they are. */
export async function withOwnFailure<T>(run: (guard: Guard) => Promise<T>): Promise<T> {
  const own: unknown[] = [];
  const guard: Guard = async (part) => {
    try {
      return await part;
    } catch (error) {
      own.push(error);
      throw error;
    }
  };
  try {
    return await run(guard);
  } catch (error) {
    throw own.length > 0 ? own[0] : error;
  }
}

/** Messages from another store, whose failures are not those of the one that takes them. */
export function guarded(messages: MovedMessages, guard: Guard): MovedMessages {
  return (storeImage) => guardPages(messages(storeImage), guard);
}

async function* guardPages(
  pages: AsyncIterable<readonly Message[]>,
  guard: Guard,
): AsyncGenerator<readonly Message[]> {
  const iterator = pages[Symbol.asyncIterator]();
  for (;;) {
    const next = await guard(iterator.next());
    if (next.done) return;
    yield next.value;
  }
}
