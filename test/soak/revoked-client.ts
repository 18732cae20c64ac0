import { setTimeout as delay } from 'node:timers/promises';
import { StreamReader } from '../support/stream-reader.js';
import { ask, openStream, readOn } from '../faults/loop/wire.js';
import type { Reading } from '../faults/loop/journal.js';
import { questionText } from '../faults/loop/scripted-answers.js';

/** From the end of the command on; the machine is busy. */
const WITHIN_MS = 2_000;

/** Somebody whose key is revoked in the middle of an answer: long answers, one after the other. */
export class RevokedClient {
  private conversationId: string | null = null;
  private questions = 0;
  private revokedAt = Infinity;
  /** The stream that ended by the revocation. */
  private last: Reading | null = null;
  /** Milliseconds from the revocation to its end. */
  private tookMs = NaN;
  private tokens = 0;

  constructor(
    private readonly name: string,
    private readonly base: string,
    private readonly key: Record<string, string>,
  ) {}

  /** Until the key opens nothing any more. */
  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted && this.last === null) {
      const opened = await openStream(`${this.base}/api/chat/stream`, this.body(), this.key);
      if (!(opened instanceof StreamReader)) {
        await delay(200);
        continue;
      }
      this.tokens = 0;
      this.conversationId ??= opened.response.headers.get('X-Conversation-Id');
      const reading = await readOn(opened, { onToken: () => (this.tokens += 1) });
      if (reading.terminal?.reason !== 'key_revoked') continue;
      this.last = reading;
      this.tookMs = performance.now() - this.revokedAt;
    }
  }

  /** Resolves in the middle of an answer. */
  async isReading(): Promise<void> {
    while (this.tokens < 3 || this.tokens > 40) await delay(10);
  }

  /** The command has ended. */
  revoked(): void {
    this.revokedAt = performance.now();
  }

  get line(): string {
    return `${this.name}: its stream ended ${this.tookMs.toFixed(0)} ms after the command`;
  }

  /** What the owner's other key finds, and this one does not. */
  async findings(): Promise<string[]> {
    const { last } = this;
    if (!last) return [`${this.name} was never told that its key is revoked`];
    const found = [];
    if (this.tookMs > WITHIN_MS) found.push(`${this.name} read on for ${this.tookMs} ms`);
    const path = `${this.base}/api/history/${String(this.conversationId)}`;
    const refused = await ask('GET', path, undefined, this.key);
    if (refused?.status !== 401 || refused.body.reason !== 'key_revoked')
      found.push(`${this.name} was answered ${String(refused?.status)} after its revocation`);
    const kept = await ask('GET', path);
    const answer = kept?.body.messages?.at(-1);
    if (answer?.status !== 'cancelled' || !answer.content.startsWith(last.tokens.join('')))
      found.push(`${this.name} read ${last.tokens.join('')}, kept is ${JSON.stringify(answer)}`);
    return found;
  }

  private body(): Record<string, unknown> {
    const id = `${this.name}.${(this.questions += 1)}`;
    const whole = { mode: 'whole', beside: 'nothing' } as const;
    const known = this.conversationId === null ? {} : { conversation_id: this.conversationId };
    return { message: questionText({ id, tokens: 60, paceMs: 50, ...whole }), ...known };
  }
}
