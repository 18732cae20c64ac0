import { setTimeout as delay } from 'node:timers/promises';
import { dataUrl, freshPng } from '../../support/pictures.js';
import { StreamReader } from '../../support/stream-reader.js';
import type { Journal, Talk, Turn } from './journal.js';
import type { Random } from './random.js';
import { questionText, type Question } from './scripted-answers.js';
import { ask, openStream, readOn, type ReadOptions, type Reply } from './wire.js';

export type TurnKind = 'plain' | 'stream' | 'leave' | 'resume' | 'cancel' | 'async' | 'keyed';

/** Tries of a client that wants its answer, and how long it waits for each. */
const TRIES = 4;
const TRY_MS = 4_000;

/** The calls of the last answer, as far as its client was told of all. */
function openCalls(talk: Talk): { id: string }[] {
  const last = talk.turns.at(-1);
  if (!last || talk.turns.some(({ endedAt }) => endedAt === null)) return [];
  if (last.whole?.finish_reason === 'tool_calls') return last.whole.tool_calls;
  const reading = last.readings.at(-1);
  return reading?.terminal?.finish_reason === 'tool_calls' ? reading.calls : [];
}

/** Few, so that several conversations have the same one. */
const IMAGES = Array.from({ length: 6 }, () => freshPng({ bytes: 20_000 }));

const ENDS = ['completed', 'cancelled', 'failed'];

/** Sends messages in all the ways there are, and writes down what came of it. */
export class Turns {
  constructor(
    private readonly random: Random,
    private readonly journal: Journal,
    private readonly base: () => Promise<string>,
  ) {}

  async send(talk: Talk, question: Question, kind: TurnKind): Promise<void> {
    const key = kind === 'keyed' ? `key-${question.id}` : null;
    const image = this.random.chance(0.2) ? this.random.pick(IMAGES) : null;
    const turn = this.journal.turn(talk, question, { key, image });
    const body = this.body(talk, turn, kind);
    if (kind === 'plain') await this.plain(talk, turn, body);
    else if (kind === 'async') await this.plain(talk, turn, body, { Prefer: 'respond-async' });
    else if (kind === 'keyed') await this.keyed(talk, turn, body);
    else await this.stream(talk, turn, kind, body);
    turn.endedAt = this.journal.tick();
  }

  /** Only where the client knows that its last question was answered. */
  async regenerate(talk: Talk): Promise<void> {
    const last = talk.turns.at(-1);
    if (!last || last.readings.at(-1)?.terminal?.done !== true) return;
    const before = talk.turns.slice(0, -1);
    if (before.some(({ endedAt }) => endedAt === null || endedAt > last.sentAt)) return;
    const turn = this.journal.turn(talk, last.question, { regenerate: true });
    const body = { conversation_id: talk.conversationId, regenerate: true };
    await this.stream(talk, turn, this.random.pick(['stream', 'leave', 'cancel']), body);
    turn.endedAt = this.journal.tick();
  }

  /** Brings results for the calls of the last answer, where the client saw it end with calls. */
  async results(talk: Talk, question: Question): Promise<void> {
    const calls = openCalls(talk);
    if (calls.length === 0) return this.send(talk, question, 'stream');
    const { random } = this;
    const turn = this.journal.turn(talk, question);
    const given = random.chance(0.3) ? calls.slice(0, 1) : calls;
    const asksByResult = random.chance(0.7);
    const body: Record<string, unknown> = {
      conversation_id: talk.conversationId,
      tool_results: given.map(({ id }, index) => ({
        tool_call_id: id,
        content: asksByResult && index === 0 ? questionText(question) : `Result of ${id}`,
        ...(random.chance(0.2) && { is_error: true }),
      })),
    };
    if (!asksByResult) body['message'] = questionText(question);
    const kind = random.pick(['plain', 'stream', 'leave'] as const);
    if (kind === 'plain') await this.plain(talk, turn, body);
    else await this.stream(talk, turn, kind, body);
    turn.endedAt = this.journal.tick();
  }

  private body(talk: Talk, turn: Turn, kind: TurnKind): Record<string, unknown> {
    const { random } = this;
    const body: Record<string, unknown> = { message: questionText(turn.question) };
    if (turn.image) body['images'] = [dataUrl(turn.image)];
    if (talk.conversationId !== null) body['conversation_id'] = talk.conversationId;
    else if (random.chance(0.2)) body['system'] = `Be brief. ${talk.label}`;
    if (kind === 'cancel' || random.chance(0.6)) {
      const id = random.uuid();
      body['generation_id'] = id;
      turn.generationIds.add(id);
    }
    if (kind === 'resume') body['on_disconnect'] = 'continue';
    else if (random.chance(0.3)) {
      body['on_disconnect'] = random.pick(['cancel', 'grace', 'continue']);
    }
    return body;
  }

  private async plain(
    talk: Talk,
    turn: Turn,
    body: unknown,
    headers: Record<string, string> = {},
    withinMs?: number,
  ): Promise<boolean> {
    const reply = await ask('POST', `${await this.base()}/api/chat`, body, headers, withinMs);
    if (!reply) return false;
    if (reply.status === 200) turn.whole = reply.body;
    this.note(talk, turn, reply);
    return true;
  }

  /** Repeats the same request until it has an answer, and sometimes once more. */
  private async keyed(talk: Talk, turn: Turn, body: unknown): Promise<void> {
    const headers = { 'Idempotency-Key': turn.key ?? '' };
    const streamed = this.random.chance(0.5);
    for (let tries = 0; tries < TRIES; tries += 1) {
      const answered = streamed
        ? await this.read(talk, turn, body, headers, { withinMs: TRY_MS })
        : await this.plain(talk, turn, body, headers, TRY_MS);
      if (answered && this.random.chance(0.7)) return;
    }
  }

  private async read(
    talk: Talk,
    turn: Turn,
    body: unknown,
    headers: Record<string, string>,
    options: ReadOptions = {},
  ): Promise<boolean> {
    const opened = await openStream(`${await this.base()}/api/chat/stream`, body, headers);
    if (!opened) return false;
    if (!(opened instanceof StreamReader)) {
      this.note(talk, turn, opened);
      return true;
    }
    this.taken(talk, turn, opened.response.headers);
    const reading = await readOn(opened, options);
    turn.readings.push(reading);
    return reading.terminal !== null;
  }

  private async stream(talk: Talk, turn: Turn, kind: TurnKind, body: unknown): Promise<void> {
    const leaves = kind === 'leave' || kind === 'resume';
    const options = leaves ? { leaveAfter: this.random.int(1, turn.question.tokens) } : {};
    const reading = this.read(talk, turn, body, {}, options);
    if (kind === 'cancel') {
      await delay(this.random.int(0, 200));
      await this.cancel(turn);
    }
    await reading;
    if (kind === 'resume') await this.resume(turn);
  }

  private async cancel(turn: Turn): Promise<void> {
    const [id] = turn.generationIds;
    if (id === undefined) return;
    const reply = await ask('POST', `${await this.base()}/api/generations/${id}/cancel`);
    if (reply?.status !== 200) return;
    turn.receipt = reply.body;
    if (ENDS.includes(reply.body.status)) return;
    this.journal.oddities.push(`I15 A receipt of one that runs: ${JSON.stringify(reply.body)}`);
  }

  /** Goes on after what it has, anywhere; perhaps again and again. */
  private async resume(turn: Turn): Promise<void> {
    const [id] = turn.generationIds;
    for (let tries = 0; id !== undefined && tries < TRIES; tries += 1) {
      const have = turn.readings.at(-1);
      const after = have ? have.after + have.tokens.length : 0;
      const url = `${await this.base()}/api/generations/${id}/stream?after=${after}`;
      const opened = await openStream(url, undefined);
      if (!(opened instanceof StreamReader)) {
        await delay(100);
        continue;
      }
      turn.readings.push(await readOn(opened, { after, withinMs: TRY_MS }));
      if (turn.readings.at(-1)?.terminal) return;
    }
  }

  private note(talk: Talk, turn: Turn, reply: Reply): void {
    if (reply.status === 200 || reply.status === 202) {
      this.taken(talk, turn, reply.headers);
      return;
    }
    turn.refusal = { status: reply.status, reason: String(reply.body?.reason) };
    // A failure after the first token: the turn is kept all the same.
    const id = reply.headers.get('X-Generation-Id');
    if (id !== null) turn.generationIds.add(id);
  }

  private taken(talk: Talk, turn: Turn, headers: Headers): void {
    turn.takenAt ??= this.journal.tick();
    turn.generationIds.add(headers.get('X-Generation-Id') ?? 'none');
    const conversationId = headers.get('X-Conversation-Id') ?? 'none';
    talk.conversationId ??= conversationId;
    if (talk.conversationId !== conversationId) {
      this.journal.oddities.push(`I4 ${talk.label} was answered as another conversation`);
    }
  }
}
