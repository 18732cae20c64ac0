import { setTimeout as delay } from 'node:timers/promises';
import { StreamReader } from '../../support/stream-reader.js';
import type { Reading } from '../loop/journal.js';
import { ask, openStream, readOn } from '../loop/wire.js';

/** What the service says after a storm, read once for all checks. */
export interface Snapshot {
  /** By id, with all messages. */
  conversations: Map<string, any>;
  /** Records by public id; null for those that it does not know. */
  generations: Map<string, any>;
  /** Streams read anew from their beginning, of those that could be. */
  replays: Map<string, Reading>;
}

/** Answers at once of a busy process. */
const PARALLEL = 8;

/** @param except conversations that are checked otherwise */
export async function takeSnapshot(
  base: string,
  generationIds: Set<string>,
  except: Set<string>,
): Promise<Snapshot> {
  const all = (await listAll(base)).map(({ id }) => id as string);
  const ids = all.filter((id) => !except.has(id));
  const conversations = new Map(
    await inParallel(ids, async (id): Promise<[string, any]> => [id, await read(base, id)]),
  );
  const known = new Set(generationIds);
  for (const { messages } of conversations.values())
    for (const { generation_id: id } of messages) if (id !== null) known.add(id);
  const generations = new Map(
    await inParallel([...known], async (id): Promise<[string, any]> => {
      const reply = await answered('GET', `${base}/api/generations/${id}`);
      return [id, reply.status === 200 ? reply.body : null];
    }),
  );
  const replays = await inParallel([...known], async (id): Promise<[string, Reading][]> => {
    const stream = await openStream(`${base}/api/generations/${id}/stream`, undefined);
    return stream instanceof StreamReader ? [[id, await readOn(stream)]] : [];
  });
  return { conversations, generations, replays: new Map(replays.flat()) };
}

/** Every conversation's summary. */
export async function listAll(base: string): Promise<any[]> {
  const all: any[] = [];
  for (;;) {
    const { body } = await answered('GET', `${base}/api/history?limit=100&offset=${all.length}`);
    all.push(...body.conversations);
    if (body.conversations.length === 0 || all.length >= body.total) return all;
  }
}

/**
 * Milliseconds until no generation runs any more, `withinMs` at most: then null. `known` names more
 * generations: a new conversation is in no list before the first token of its answer.
 */
export async function settled(
  base: string,
  withinMs: number,
  known: Iterable<string> = [],
): Promise<number | null> {
  const begun = performance.now();
  let open = [...known];
  for (;;) {
    const records = await inParallel(open, (id) =>
      answered('GET', `${base}/api/generations/${id}`),
    );
    open = open.filter((_, at) => records[at]?.body.finished_at === null);
    const all = await listAll(base);
    const took = performance.now() - begun;
    if (open.length === 0 && all.every(({ active_generation_id: id }) => id === null)) return took;
    if (took > withinMs) return null;
    await delay(250);
  }
}

export async function answered(method: string, url: string, body?: unknown) {
  const reply = await ask(method, url, body);
  if (!reply) throw new Error(`A service that nobody killed did not answer ${method} ${url}`);
  return reply;
}

export async function inParallel<T, R>(
  items: T[],
  work: (item: T) => Promise<R>,
  atOnce = PARALLEL,
): Promise<R[]> {
  const results: R[] = [];
  const queue = [...items.entries()];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      results[next[0]] = await work(next[1]);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

async function read(base: string, id: string): Promise<any> {
  return (await answered('GET', `${base}/api/history/${id}`)).body;
}
