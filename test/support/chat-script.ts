/** What a scripted Ollama does for one request, step by step. */
export type Step =
  | { kind: 'headers'; status: number; contentType: string }
  | { kind: 'write'; text: string }
  | { kind: 'wait'; until: Promise<unknown> }
  | { kind: 'pause'; ms: number }
  | { kind: 'hang' }
  | { kind: 'reset' }
  | { kind: 'cut' }
  | { kind: 'end' };

/** How the bytes of a script travel: each line by itself, all in one write, or a byte a write. */
export type Framing = 'lines' | 'joined' | 'bytes';

export interface DoneOptions {
  reason?: string;
  /** Null: the model does not say. */
  usage?: { prompt: number; completion: number } | null;
}

/** Opens once, for all that wait for it: paces a script from the test, without sleeping. */
export class Gate {
  open!: () => void;
  readonly opened = new Promise<void>((resolve) => (this.open = resolve));
}

/**
 * One answer of the scripted Ollama. The headers (200, NDJSON) come with the first line, as Ollama
 * does it; what follows `hang`, `reset`, `cut` or `end` is never reached. A script can serve any number of
 * requests.
 *
 * ```ts
 * script().tokens('Quantum', ' computing').done()
 * script().token('a').wait(gate).token('b').done({ reason: 'length', usage: null })
 * script().tokens('a', 'b').cut()
 * script().error(503, 'busy')
 * ```
 */
export class ChatScript {
  readonly steps: Step[] = [];
  framing: Framing = 'lines';
  protected completionTokens = 0;
  private begun = false;

  token(text: string): this {
    this.completionTokens += 1;
    return this.line({ message: { role: 'assistant', content: text }, done: false });
  }

  tokens(...texts: string[]): this {
    for (const text of texts) this.token(text);
    return this;
  }

  /** A line of a thinking model: reasoning, no answer text. */
  thinking(text: string): this {
    const message = { role: 'assistant', content: '', thinking: text };
    return this.line({ message, done: false });
  }

  /** One line with tool calls, as a model server gives them: whole. */
  calls(...calls: { id?: string; name: string; arguments: object }[]): this {
    this.completionTokens += 1;
    const toolCalls = calls.map(({ id, ...call }, index) => ({ id, function: { index, ...call } }));
    return this.line({
      message: { role: 'assistant', content: '', tool_calls: toolCalls },
      done: false,
    });
  }

  /** The last line and the end of the response. Counts its own tokens by default. */
  done({ reason = 'stop', usage }: DoneOptions = {}): this {
    const counts = usage === undefined ? { prompt: 12, completion: this.completionTokens } : usage;
    return this.line({
      message: { role: 'assistant', content: '' },
      done: true,
      done_reason: reason,
      total_duration: 5_000_000,
      ...(counts && { prompt_eval_count: counts.prompt, eval_count: counts.completion }),
    }).end();
  }

  /** Any line; `model` and `created_at` are added as Ollama does. */
  line(value: object): this {
    const base = { model: 'scripted', created_at: '2025-09-06T03:30:00.123456789Z' };
    return this.raw(`${JSON.stringify({ ...base, ...value })}\n`);
  }

  /** Bytes as they are given. */
  raw(text: string): this {
    return this.begin().add({ kind: 'write', text });
  }

  /** A line that is not JSON. */
  malformed(): this {
    return this.raw('{"message":{"content":"secr\n');
  }

  /** What Ollama sends when it fails after the answer began. */
  errorLine(error: string): this {
    return this.raw(`${JSON.stringify({ error })}\n`);
  }

  /** The headers now, instead of with the first line. */
  headers(status = 200, contentType = 'application/x-ndjson'): this {
    this.begun = true;
    return this.add({ kind: 'headers', status, contentType });
  }

  /** A whole JSON answer. */
  json(value: unknown, status = 200): this {
    return this.headers(status, 'application/json').raw(JSON.stringify(value)).end();
  }

  /** A status with Ollama's error body. */
  error(status: number, error = 'scripted failure'): this {
    return this.json({ error }, status);
  }

  html(status = 200): this {
    return this.headers(status, 'text/html').raw('<html><body>Sign in</body></html>').end();
  }

  /** Waits until the gate is opened. */
  wait(gate: Gate): this {
    return this.add({ kind: 'wait', until: gate.opened });
  }

  /** Waits so many milliseconds: for paced loads, not for synchronisation. */
  pause(ms: number): this {
    return this.add({ kind: 'pause', ms });
  }

  /** Says nothing more, and keeps the connection until the client closes it. */
  hang(): this {
    return this.add({ kind: 'hang' });
  }

  /**
   * Breaks the connection with a TCP reset. It may overtake what was written before: after tokens,
   * `wait` for a gate that the test opens once it has them.
   */
  reset(): this {
    return this.add({ kind: 'reset' });
  }

  /** Closes the connection in the middle of the response, after what was written. */
  cut(): this {
    return this.add({ kind: 'cut' });
  }

  /** A clean end of the response, after any content. */
  end(): this {
    return this.add({ kind: 'end' });
  }

  /** Each byte is a write of its own: characters and lines are split everywhere. */
  bytewise(): this {
    this.framing = 'bytes';
    return this;
  }

  /** Neighbouring lines travel in one write. */
  joined(): this {
    this.framing = 'joined';
    return this;
  }

  private begin(): this {
    return this.begun ? this : this.headers();
  }

  private add(step: Step): this {
    this.steps.push(step);
    return this;
  }
}

export const script = (): ChatScript => new ChatScript();

/** A whole answer of these tokens. */
export const answer = (...tokens: string[]): ChatScript =>
  script()
    .tokens(...tokens)
    .done();
