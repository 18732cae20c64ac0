/** An identity provider that is slower is away. */
const TIMEOUT_MS = 5_000;
const MAX_BYTES = 1024 * 1024;

/** The JSON object at an address. Follows no redirect; rejects for whatever else is there. */
export async function fetchObject(url: string): Promise<Readonly<Record<string, unknown>>> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const headers = { Accept: 'application/json' };
  const response = await fetch(url, { redirect: 'error', headers, signal });
  const text = await textOf(response);
  if (!response.ok) throw new Error(`The identity provider answered ${String(response.status)}`);
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) throw new Error('The identity provider sent something else than an object');
  return value;
}

async function textOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  const pieces: AsyncIterable<unknown> | Iterable<unknown> = body ?? [];
  for await (const piece of pieces) {
    if (!ArrayBuffer.isView(piece)) continue;
    bytes += piece.byteLength;
    if (bytes > MAX_BYTES) throw new Error('The identity provider sent too much');
    const { buffer, byteOffset, byteLength } = piece;
    text += decoder.decode(new Uint8Array(buffer, byteOffset, byteLength), { stream: true });
  }
  return text;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
