import { setTimeout as delay } from 'node:timers/promises';
import type { Listening } from './fleet.js';
import type { Journal, Talk } from './journal.js';
import { checkGlimpse } from './glimpse.js';
import type { Random } from './random.js';
import type { Question } from './scripted-answers.js';
import { Turns } from './turns.js';
import { ask } from './wire.js';

/** How many conversations a client has open, so that it comes back to each. */
const OPEN_TALKS = 5;

/**
 * Somebody who chats at random: new conversations and old ones, leaves, resumes, cancels, retries,
 * renames, deletes. What the service told it stands in the journal.
 */
export class Client {
  private readonly turns: Turns;
  private readonly open: Talk[] = [];
  private questions = 0;

  constructor(
    private readonly name: string,
    private readonly random: Random,
    private readonly fleet: Listening,
    private readonly journal: Journal,
  ) {
    this.turns = new Turns(random, journal, () => this.base());
  }

  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.step();
      await delay(this.random.int(0, 80));
    }
  }

  private async step(): Promise<void> {
    const talk = this.talk();
    const kind = this.random.weighted({
      turn: 9,
      results: 6,
      regenerate: 2,
      rename: 1,
      remove: 1,
      look: 2,
    });
    if (kind === 'turn' || talk.conversationId === null) await this.say(talk);
    else if (kind === 'results') await this.turns.results(talk, this.question(talk));
    else if (kind === 'regenerate') await this.turns.regenerate(talk);
    else if (kind === 'rename') await this.rename(talk);
    else if (kind === 'remove') await this.remove(talk);
    else await this.look(talk);
    if (talk.fate !== 'kept' || talk.conversationId === null) this.forget(talk);
  }

  private talk(): Talk {
    if (this.open.length > 0 && this.random.chance(0.7)) return this.random.pick(this.open);
    if (this.open.length >= OPEN_TALKS) this.forget(this.random.pick(this.open));
    const talk = this.journal.talk(this.name);
    this.open.push(talk);
    return talk;
  }

  private forget(talk: Talk): void {
    const index = this.open.indexOf(talk);
    if (index >= 0) this.open.splice(index, 1);
  }

  private question(talk: Talk): Question {
    const { random } = this;
    const id = `${talk.label}.${(this.questions += 1)}`;
    const paceMs = random.weighted({ '0': 3, '5': 4, '40': 3, '120': 1 });
    const mode = random.weighted({ whole: 16, refused: 1, cut: 1 });
    const beside = random.weighted({ nothing: 4, thinking: 2, calls: 2, both: 2 });
    return { id, tokens: random.int(1, 25), paceMs: Number(paceMs), mode, beside };
  }

  private async say(talk: Talk): Promise<void> {
    const kind = this.random.weighted({
      plain: 3,
      stream: 5,
      leave: 3,
      resume: 3,
      cancel: 3,
      async: 2,
      keyed: 3,
      twice: 1,
      removedUnder: 1,
    });
    if (kind === 'twice' && talk.conversationId !== null) {
      const both = [this.question(talk), this.question(talk)];
      await Promise.all(both.map((question) => this.turns.send(talk, question, 'stream')));
      return;
    }
    if (kind === 'removedUnder') {
      const sending = this.turns.send(talk, this.question(talk), 'stream');
      await delay(this.random.int(0, 150));
      if (talk.conversationId !== null) await this.remove(talk);
      await sending;
      return;
    }
    await this.turns.send(talk, this.question(talk), kind === 'twice' ? 'stream' : kind);
  }

  private async rename(talk: Talk): Promise<void> {
    const title = `Title ${this.journal.tick()}`;
    const reply = await ask('PUT', await this.history(talk), { title });
    if (reply?.status === 200) Object.assign(talk, { title, perhapsTitles: [] });
    else if (!reply) talk.perhapsTitles.push(title);
  }

  /** Another client of the same name may be at work in it: what it is told then is allowed for. */
  private async remove(talk: Talk): Promise<void> {
    if (talk.fate === 'kept') talk.fate = 'perhaps deleted';
    const reply = await ask('DELETE', await this.history(talk));
    if (reply?.status === 200) talk.fate = 'deleted';
    else if (reply?.status === 503 && talk.fate === 'perhaps deleted') talk.fate = 'kept';
    else if (reply && reply.status !== 404)
      this.journal.oddities.push(`I12 DELETE was answered with ${reply.status}`);
  }

  private async look(talk: Talk): Promise<void> {
    const reply = await ask('GET', await this.history(talk));
    if (reply?.status === 200) this.journal.oddities.push(...checkGlimpse(reply.body));
  }

  private async history(talk: Talk): Promise<string> {
    return `${await this.base()}/api/history/${String(talk.conversationId)}`;
  }

  /** Any process that listens; waits for one. */
  private async base(): Promise<string> {
    while (this.fleet.urls.length === 0) await delay(20);
    return this.random.pick(this.fleet.urls);
  }
}
