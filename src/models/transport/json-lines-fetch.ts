import { parseRecord } from './json.js';
import { LineSplitter } from './line-splitter.js';
import { unusable } from './server-failure.js';

/**
 * A `fetch` for the vendor's client below a LangChain chat model, of a server that answers with lines
 * of JSON: `new ChatOllama({ fetch: jsonLinesFetch, … })`. That client prints a line that it cannot
 * parse, which is text of an answer, and goes on; here the answer fails as unusable at that line, and
 * the client never has it.
 */
export async function jsonLinesFetch(...request: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(...request);
  if (!response.ok || !response.body) return response;
  const { status, statusText, headers } = response;
  return new Response(ReadableStream.from(checkedLines(response.body)), {
    status,
    statusText,
    headers,
  });
}

/** The lines before a wrong one are read before it fails, also where they arrived together. */
async function* checkedLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for await (const chunk of body) {
    splitter.push(Buffer.from(chunk));
    yield* checked(lines.splice(0));
  }
  splitter.end();
  yield* checked(lines);
}

function* checked(lines: readonly string[]): Generator<Uint8Array> {
  for (const line of lines) {
    if (parseRecord(line) === null)
      throw unusable(`A line of ${line.length} characters is not JSON`);
    yield Buffer.from(`${line}\n`);
  }
}
