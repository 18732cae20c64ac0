import { setTimeout as delay } from 'node:timers/promises';
import { StreamReader } from '../../support/stream-reader.js';
import { complete, type Completion, type CompletionOptions } from './completions.js';
import type { Listening } from './fleet.js';
import type { Reading } from './journal.js';
import type { Random } from './random.js';
import { questionText, type Question, type ScriptedAnswers } from './scripted-answers.js';
import { ask, openStream, readOn } from './wire.js';

/** Tries of a client that wants its answer, and how long it waits for each. */
const TRIES = 4;
const TRY_MS = 4_000;

/** A chat completion that was asked for, with all that its client was told. */
export interface AskedCompletion {
  question: Question;
  body: Record<string, unknown>;
  /** Every try sends the same ones. */
  headers: Record<string, string>;
  key: string | null;
  /** Generations that its client knows of: the id that it gave, and those that it was told. */
  ids: Set<string>;
  completions: Completion[];
  /** What readers of this service's own stream of it were told. */
  followed: Reading[];
  /** What `cancel` said. */
  receipt: any;
  /** The generation of which a piece was seen, and how often the model had been asked by then. */
  seen: { id: string; calls: number } | null;
}

/**
 * Somebody whose client speaks OpenAI's chat API and keeps the conversation itself: asks whole and
 * streamed, leaves, cancels, follows, and repeats what has a key until it is answered.
 */
export class StatelessClient {
  readonly asked: AskedCompletion[] = [];

  constructor(
    readonly name: string,
    private readonly random: Random,
    private readonly fleet: Listening,
    private readonly model: ScriptedAnswers,
    private readonly oddities: string[],
  ) {}

  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.step();
      await delay(this.random.int(0, 80));
    }
  }

  private async step(): Promise<void> {
    const { random } = this;
    const kind = random.weighted({ once: 3, leave: 2, cancel: 2, follow: 2, keyed: 4 });
    const asked = this.ask(kind === 'keyed');
    if (kind === 'keyed') await this.repeat(asked);
    else if (kind === 'leave') await this.send(asked, { leaveAfter: random.int(1, 12) });
    else if (kind === 'cancel') await this.cancel(asked);
    else if (kind === 'follow') await this.follow(asked);
    else await this.send(asked);
  }

  /** What a client sends: all of its conversation, of which this service has nothing. */
  private ask(isKeyed: boolean): AskedCompletion {
    const { random } = this;
    const question = this.question();
    const before = [
      { role: 'system', content: `Be brief. ${this.name}-` },
      { role: 'user', content: `Earlier. ${this.name}-` },
      { role: 'assistant', content: `Answered. ${this.name}-` },
    ];
    const messages = [
      ...(random.chance(0.5) ? before : []),
      { role: 'user', content: questionText(question) },
    ];
    const stream = random.chance(0.7);
    const key = isKeyed ? `key-${question.id}` : null;
    // Who neither gives an id nor repeats may never learn which one it got, and cannot wait for its end.
    const id = key === null || random.chance(0.5) ? random.uuid() : null;
    const asked: AskedCompletion = {
      ...{ question, key, ids: new Set(id === null ? [] : [id]) },
      body: { model: 'llama2', messages, ...(stream && withStream(random.chance(0.5))) },
      headers: {
        ...(id !== null && { 'X-Generation-Id': id }),
        ...(key !== null && { 'Idempotency-Key': key }),
      },
      ...{ completions: [], followed: [], receipt: null, seen: null },
    };
    this.asked.push(asked);
    return asked;
  }

  private question(): Question {
    const { random } = this;
    const id = `${this.name}-${String(this.asked.length)}.1`;
    const paceMs = Number(random.weighted({ '0': 3, '5': 4, '40': 3, '120': 1 }));
    const mode = random.weighted({ whole: 16, refused: 1, cut: 1 });
    const beside = random.weighted({ nothing: 4, thinking: 2, calls: 2, both: 2 });
    return { id, tokens: random.int(1, 25), paceMs, mode, beside };
  }

  /** Whether it was answered: whole, to the end of its stream, or by an error. */
  private async send(asked: AskedCompletion, options: CompletionOptions = {}): Promise<boolean> {
    let id: string | null = null;
    const completion = await complete(await this.base(), asked.body, asked.headers, {
      ...options,
      onHead: (told) => {
        id = told;
        if (id !== null) asked.ids.add(id);
      },
      onPiece: () => this.saw(asked, id),
    });
    if (!completion) return false;
    asked.completions.push(completion);
    if (completion.isDone) this.saw(asked, id);
    return completion.isDone || completion.error !== null;
  }

  private saw(asked: AskedCompletion, id: string | null): void {
    if (id === null) this.oddities.push(`I8 ${asked.question.id} is answered without an id`);
    else asked.seen ??= { id, calls: this.model.callsOf(asked.question.id) };
  }

  /** Repeats the same request until it has an answer, and sometimes once more. */
  private async repeat(asked: AskedCompletion): Promise<void> {
    for (let tries = 0; tries < TRIES; tries += 1)
      if ((await this.send(asked, { withinMs: TRY_MS })) && this.random.chance(0.7)) return;
  }

  private async cancel(asked: AskedCompletion): Promise<void> {
    const sending = this.send(asked);
    await delay(this.random.int(0, 200));
    const [id = ''] = asked.ids;
    const reply = await ask('POST', `${await this.base()}/api/generations/${id}/cancel`);
    if (reply?.status === 200) asked.receipt = reply.body;
    await sending;
  }

  /** Reads it as a stream of this service, too, perhaps from another process. */
  private async follow(asked: AskedCompletion): Promise<void> {
    const sending = this.send(asked);
    await delay(this.random.int(0, 100));
    const [id = ''] = asked.ids;
    const url = `${await this.base()}/api/generations/${id}/stream`;
    const opened = await openStream(url, undefined);
    if (opened instanceof StreamReader) asked.followed.push(await readOn(opened));
    await sending;
  }

  private async base(): Promise<string> {
    while (this.fleet.urls.length === 0) await delay(20);
    return this.random.pick(this.fleet.urls);
  }
}

const withStream = (includeUsage: boolean) => ({
  stream: true,
  ...(includeUsage && { stream_options: { include_usage: true } }),
});
