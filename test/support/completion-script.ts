import { ChatScript, type DoneOptions } from './chat-script.js';

/** How servers of OpenAI's chat API end a stream: a reason, counts, and a last line, or less than that. */
interface CompletionDone extends DoneOptions {
  /** False: the server closes without `[DONE]`. */
  last?: boolean;
}

/**
 * One answer of the scripted server of OpenAI's chat API, as server-sent events:
 *
 * ```ts
 * completion().tokens('Quantum', ' computing').done()
 * completion().thinking('Hm').comment().tokens('a').finish('length').done()
 * completion().tokens('a').errorLine('scripted failure')
 * ```
 */
export class CompletionScript extends ChatScript {
  override token(text: string): this {
    this.completionTokens += 1;
    return this.delta({ content: text });
  }

  override thinking(text: string, field = 'reasoning_content'): this {
    return this.delta({ [field]: text });
  }

  /** Calls in pieces: the name, then the text of the arguments, cut in two. */
  override calls(...calls: { id?: string; name: string; arguments: object | string }[]): this {
    this.completionTokens += 1;
    calls.forEach(({ id, name, arguments: given }, index) => {
      const args = typeof given === 'string' ? given : JSON.stringify(given);
      const pieces = [
        {
          index,
          ...(id !== undefined && { id }),
          type: 'function',
          function: { name, arguments: '' },
        },
        { index, function: { arguments: args.slice(0, 3) } },
        { index, function: { arguments: args.slice(3) } },
      ];
      for (const piece of pieces) this.delta({ tool_calls: [piece] });
    });
    return this;
  }

  /** The reason of the end, in a chunk of its own. */
  finish(reason = 'stop'): this {
    return this.choice({ delta: {}, finish_reason: reason });
  }

  override done({ reason = 'stop', usage, last = true }: CompletionDone = {}): this {
    const counts = usage === undefined ? { prompt: 12, completion: this.completionTokens } : usage;
    this.finish(reason);
    if (counts) {
      const { prompt: prompt_tokens, completion: completion_tokens } = counts;
      this.line({ choices: [], usage: { prompt_tokens, completion_tokens } });
    }
    return last ? this.last().end() : this.end();
  }

  last(): this {
    return this.raw('data: [DONE]\n\n');
  }

  comment(text = 'keep-alive'): this {
    return this.raw(`: ${text}\n\n`);
  }

  /** A chunk with this choice. */
  choice(value: object): this {
    return this.line({ choices: [{ index: 0, logprobs: null, finish_reason: null, ...value }] });
  }

  override line(value: object): this {
    const base = {
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'scripted',
    };
    return this.raw(`data: ${JSON.stringify({ ...base, ...value })}\n\n`);
  }

  override malformed(): this {
    return this.raw('data: {"choices":[{"delta":{"content":"secr\n\n');
  }

  override errorLine(error: string): this {
    return this.raw(`data: ${JSON.stringify({ error: { message: error, code: 500 } })}\n\n`);
  }

  override headers(status = 200, contentType = 'text/event-stream'): this {
    return super.headers(status, contentType);
  }

  override error(status: number, message = 'scripted failure', type = 'server_error'): this {
    return this.json({ error: { message, type, code: status } }, status);
  }

  private delta(value: object): this {
    return this.choice({ delta: value });
  }
}

export const completion = (): CompletionScript => new CompletionScript();

/** A whole answer of these tokens. */
export const completed = (...tokens: string[]): CompletionScript =>
  completion()
    .tokens(...tokens)
    .done();
