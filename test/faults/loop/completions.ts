import { callPiece, formOf, formOfAnswer, thinkingPiece } from './pieces.js';

/** What came back for one request of a chat completion, streamed or whole. */
export interface Completion {
  status: number;
  /** The generation's id, where the answer names one. */
  id: string | null;
  /** The bytes, without keep-alives; of a cut stream as far as they came. */
  raw: string;
  /** The pieces of a stream (`pieces.ts`); none of a whole answer. */
  pieces: string[];
  /** The form of what was said (`pieces.ts`), streamed or whole. */
  form: string;
  /** Of one that ended. */
  finishReason: string | null;
  /** `data: [DONE]` came, or a whole answer. */
  isDone: boolean;
  /** An error's body, with a status of its own or as the last block. */
  error: any;
  /** The response ended, and was not left. */
  isClosed: boolean;
}

export interface CompletionOptions {
  /** Leaves after so many pieces. */
  leaveAfter?: number;
  withinMs?: number;
  onPiece?: () => void;
  /** Called with the id as soon as the head of the response is there. */
  onHead?: (id: string | null) => void;
}

const DEADLINE_MS = 20_000;

/** Asks for a chat completion; null when no response came: nobody knows then what became of it. */
export async function complete(
  base: string,
  body: unknown,
  headers: Record<string, string>,
  options: CompletionOptions = {},
): Promise<Completion | null> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), options.withinMs ?? DEADLINE_MS);
  try {
    const response = await fetch(`${base}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal: abort.signal,
    });
    const id = response.headers.get('X-Generation-Id');
    options.onHead?.(id);
    const isStream = response.headers.get('Content-Type')?.startsWith('text/event-stream') ?? false;
    if (isStream) return await readChunks(response, id, abort, options);
    const raw = await response.text();
    return whole(response.status, id, raw);
  } catch (error) {
    if (error instanceof SyntaxError) throw error;
    return null;
  } finally {
    clearTimeout(timer);
  }
}

function whole(status: number, id: string | null, raw: string): Completion {
  const body = JSON.parse(raw);
  const nothing = { status, id, raw, pieces: [], isClosed: true };
  if (status !== 200)
    return { ...nothing, form: '', finishReason: null, isDone: false, error: body.error ?? body };
  const [{ message, finish_reason: finishReason }] = body.choices;
  const form = formOfAnswer({
    thinking: message.reasoning_content ?? null,
    content: message.content ?? '',
    tool_calls: message.tool_calls?.map(toolCallOf) ?? null,
  });
  return { ...nothing, form, finishReason, isDone: true, error: null };
}

async function readChunks(
  response: Response,
  id: string | null,
  abort: AbortController,
  { leaveAfter = Infinity, onPiece }: CompletionOptions,
): Promise<Completion> {
  const told: Completion = {
    ...{ status: response.status, id, raw: '', pieces: [], form: '', finishReason: null },
    ...{ isDone: false, error: null, isClosed: false },
  };
  const decoder = new TextDecoder();
  let unread = '';
  try {
    for await (const bytes of response.body ?? []) {
      const blocks = (unread + decoder.decode(bytes, { stream: true })).split('\n\n');
      unread = blocks.pop() ?? '';
      for (const block of blocks) {
        if (block.startsWith(':')) continue;
        told.raw += `${block}\n\n`;
        take(told, block.slice('data: '.length));
        if (told.pieces.length > 0) onPiece?.();
      }
      if (told.pieces.length >= leaveAfter) break;
    }
    told.isClosed = told.pieces.length < leaveAfter;
  } catch (error) {
    if (error instanceof SyntaxError) throw error;
    // The connection broke, or was left: what came is what there is.
  }
  abort.abort();
  return { ...told, form: formOf(told.pieces) };
}

function take(told: Completion, data: string): void {
  if (data === '[DONE]') {
    told.isDone = true;
    return;
  }
  const { error, choices } = JSON.parse(data);
  told.error ??= error ?? null;
  const [choice] = choices ?? [];
  if (!choice) return;
  const piece = pieceOf(choice.delta);
  if (piece !== null) told.pieces.push(piece);
  told.finishReason ??= choice.finish_reason;
}

function pieceOf({ content, reasoning_content: thinking, tool_calls: calls }: any): string | null {
  if (calls) return callPiece(toolCallOf(calls[0]));
  if (typeof thinking === 'string') return thinkingPiece(thinking);
  // The last chunk of an answer without text says who spoke, and nothing.
  return typeof content === 'string' && content !== '' ? content : null;
}

const toolCallOf = ({ function: { name, arguments: given } }: any) => ({
  name,
  arguments: JSON.parse(given),
});
