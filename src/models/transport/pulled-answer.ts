import type { GivenToolCall, ModelEnd, TokenSink } from '../../domain/model.js';

/** What LangChain's methods are given of an answer, in order; the end comes last. */
export type Pulled =
  { text: string } | { thinking: string } | { toolCall: GivenToolCall } | { end: ModelEnd };

type Run = (sink: TokenSink, signal: AbortSignal) => Promise<ModelEnd>;

/**
 * An answer that is pushed, to be pulled. A signal ends it at once, a caller that leaves early with the
 * next piece: LangChain waits for that first. Throws what `run` rejects with.
 */
export async function* pulled(run: Run, signal?: AbortSignal): AsyncGenerator<Pulled> {
  const waiting: Pulled[] = [];
  const left = new AbortController();
  let wake = (): void => undefined;
  const sink: TokenSink = {
    token: (text) => waiting.push({ text }),
    thinking: (thinking) => waiting.push({ thinking }),
    toolCall: (toolCall) => waiting.push({ toolCall }),
    flush: () => wake(),
  };
  const ended = run(sink, signal ? AbortSignal.any([signal, left.signal]) : left.signal);
  const state = { running: true };
  const settle = (): void => {
    state.running = false;
    wake();
  };
  ended.then(settle, settle);
  try {
    while (state.running || waiting.length > 0) {
      yield* waiting.splice(0);
      if (state.running && waiting.length === 0)
        await new Promise<void>((resolve) => (wake = resolve));
    }
    yield { end: await ended };
  } finally {
    left.abort();
  }
}
