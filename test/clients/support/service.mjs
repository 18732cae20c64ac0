import { randomUUID } from 'node:crypto';

/** Where the service listens. */
export const URL = process.env.SERVICE_URL ?? '';
/** The base of OpenAI's APIs. */
export const OPENAI = `${URL}/v1`;
/** The base of Ollama's API. */
export const OLLAMA = `${URL}/api/ollama`;

/** Of `scenario.yaml`: one that can all, and one that only writes. */
export const MODEL = 'scenario/all';
export const PLAIN_MODEL = 'scenario/plain';

/** 16 by 12 pixels. */
export const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAABAAAAAMCAIAAADkharWAAAAHklEQVR4nGPUsLnDgA1seeODVZwJqygeMKphpGgAADKRA0RK0Jm6AAAAAElFTkSuQmCC';
export const PNG_URL = `data:image/png;base64,${PNG}`;

/** An id for a generation that the test has to find again, and the header that gives it. */
export function newGeneration() {
  const id = randomUUID();
  return { id, headers: { 'X-Generation-Id': id } };
}

/** A generation, once it is there. @param {string} id @returns {Promise<any>} */
export async function begun(id) {
  for (;;) {
    const response = await fetch(`${URL}/api/generations/${id}`);
    const record = await response.json();
    if (response.ok) return record;
  }
}

/** A generation, once it has ended. It is not read as a stream: a reader would keep it running. @param {string} id */
export async function ended(id) {
  for (;;) {
    const record = await begun(id);
    if (!['queued', 'running'].includes(record.status)) return record;
  }
}

/** Cancels a generation as somebody else than its reader. @param {string} id */
export async function cancel(id) {
  await fetch(`${URL}/api/generations/${id}/cancel`, { method: 'POST' });
}

/** What a call failed with. @param {PromiseLike<unknown>} call @returns {Promise<any>} */
export async function failure(call) {
  const outcome = await Promise.resolve(call).then(
    () => null,
    (/** @type {unknown} */ error) => ({ error }),
  );
  if (outcome) return outcome.error;
  throw new Error('It did not fail');
}

/**
 * Reads to the end, or to what it throws.
 *
 * @template T
 * @param {AsyncIterable<T>} stream
 * @param {() => unknown} [onFirst] is called once there is an item
 */
export async function read(stream, onFirst) {
  /** @type {T[]} */
  const items = [];
  try {
    for await (const item of stream) if (items.push(item) === 1) await onFirst?.();
  } catch (error) {
    return { items, error };
  }
  return { items, error: null };
}

/** Reads to the end. @param {AsyncIterable<unknown>} stream */
export async function readAll(stream) {
  const { error } = await read(stream);
  if (error) throw error;
}

/** Reads the first item, and leaves. @param {AsyncIterable<unknown>} stream */
export async function leave(stream) {
  for await (const item of stream) return item;
}
