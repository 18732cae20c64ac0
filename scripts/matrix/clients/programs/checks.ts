/** Address of the service, from the command line. */
export const url = process.argv[2] ?? '';

let failed = 0;

/** Runs one check and prints its line, which the matrix counts. */
export async function check(name: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`fail ${name}: ${String(error)}`);
  }
}

/** A check whose value the others need. */
export async function checked<T>(name: string, run: () => Promise<T>): Promise<T> {
  let value: { is: T } | undefined;
  await check(name, async () => {
    value = { is: await run() };
  });
  if (!value) process.exit(1);
  return value.is;
}

export function expectEqual(actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${String(actual)} instead of ${String(expected)}`);
}

/** The JSON of each `data:` block. */
export async function eventsOf<T>(
  body: ReadableStream<Uint8Array> | null | undefined,
): Promise<T[]> {
  const text = body ? await new Response(body).text() : '';
  return text
    .split('\n\n')
    .filter((block) => block.startsWith('data: '))
    .map((block) => JSON.parse(block.slice('data: '.length)));
}

export function finish(): void {
  process.exit(failed > 0 ? 1 : 0);
}
