import { setTimeout as delay } from 'node:timers/promises';
import type { Listening } from './fleet.js';
import type { Random } from './random.js';
import { questionText, type Question } from './scripted-answers.js';
import { TreeTalk, type Told } from './tree-talk.js';
import { ask, openStream, readOn, type Reply } from './wire.js';

/** A live service takes a turn back within this: another may still run in the conversation. */
const PATIENCE = 40;

/**
 * Somebody who edits, regenerates, chooses, copies and deletes branches at random. Its conversations
 * are its own, so it knows what each should hold: whatever it has seen of one must stay as it was, but
 * for what it deleted.
 */
export class TreeClient {
  readonly talks: TreeTalk[] = [];
  private questions = 0;

  constructor(
    private readonly name: string,
    private readonly random: Random,
    private readonly fleet: Listening,
    private readonly oddities: string[],
  ) {}

  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.step();
      await delay(this.random.int(0, 60));
    }
  }

  /** Looks at all its conversations once more. */
  async lookAtAll(): Promise<void> {
    for (const talk of this.talks) await this.look(talk);
  }

  private async step(): Promise<void> {
    const { random } = this;
    const open = this.talks.filter(
      ({ id, told, isCopy }) => id !== null && told.size < 60 && !isCopy,
    );
    if (open.length < 3 || random.chance(0.03)) return this.begin();
    const talk = random.pick(open);
    await this.look(talk);
    const turns = [...talk.told.values()].filter(({ role }) => role !== 'system');
    if (turns.length === 0) return this.say(talk, {});
    const any = random.pick(turns);
    const asked = random.pick(turns.filter(({ role }) => role === 'user'));
    const kind = random.weighted({ say: 4, edit: 4, again: 5, choose: 4, fork: 1, remove: 1 });
    if (kind === 'say') await this.say(talk, random.chance(0.5) ? {} : { parent_id: any.id });
    else if (kind === 'edit') await this.say(talk, { parent_id: asked.parentId });
    else if (kind === 'again') await this.again(talk, asked);
    else if (kind === 'choose') await this.choose(talk, any);
    else if (kind === 'fork') await this.fork(talk, any);
    else await this.remove(talk, any);
  }

  private async begin(): Promise<void> {
    const talk = new TreeTalk(`${this.name}-${String(this.talks.length)}`);
    this.talks.push(talk);
    const body = this.random.chance(0.3) ? { system: `Be brief. ${talk.label}` } : {};
    await this.say(talk, body);
  }

  private async say(talk: TreeTalk, more: Record<string, unknown>): Promise<void> {
    const question = this.question(talk);
    const text = questionText(question);
    talk.sent.add(text);
    await this.stream(talk, { message: text, ...more }, text, more['parent_id']);
  }

  private async again(talk: TreeTalk, { id }: Told): Promise<void> {
    await this.stream(talk, { regenerate: true, parent_id: id }, null, id);
  }

  private async stream(
    talk: TreeTalk,
    body: Record<string, unknown>,
    text: string | null,
    parent: unknown,
  ): Promise<void> {
    const path = `${await this.base()}/api/chat/stream`;
    const known = talk.id === null ? {} : { conversation_id: talk.id };
    const opened = await openStream(path, { ...body, ...known });
    if (!opened) return;
    if (!('next' in opened)) {
      // A parent that the client saw may be gone only by its own hand.
      if (opened.status === 404 && talk.deletions === 0) {
        this.odd(talk, `404 ${JSON.stringify(opened.body)} for a known place`);
      }
      return;
    }
    talk.id ??= opened.response.headers.get('X-Conversation-Id');
    const leaves = this.random.chance(0.2);
    const reading = await readOn(opened, leaves ? { leaveAfter: this.random.int(1, 6) } : {});
    const { terminal, tokens } = reading;
    if (terminal?.done !== true) return;
    talk.kept.set(terminal.message_id, {
      answer: tokens.filter((piece) => !piece.startsWith('\u0001')).join(''),
      parentId: terminal.parent_id,
      question: text,
      questionParent: typeof parent === 'string' && text !== null ? parent : null,
    });
  }

  private async choose(talk: TreeTalk, { id }: Told): Promise<void> {
    const reply = await ask('PUT', await this.history(talk), { active_message_id: id });
    if (reply?.status !== 200) {
      this.expect(talk, reply, 'PUT', talk.deletions > 0);
      return;
    }
    const path = reply.body.messages.map((message: any) => message.id);
    // An answer that begins just now becomes the active end.
    const isIdle = reply.body.active_generation_id === null;
    if (isIdle && !path.includes(id))
      this.odd(talk, `chose ${id}, was shown ${JSON.stringify(path)}`);
    await this.stale(talk, reply);
  }

  /** A tag of before a change is refused, and nothing is done. */
  private async stale(talk: TreeTalk, { body }: Reply): Promise<void> {
    const headers = { 'If-Match': `"${String(body.revision - 1)}"` };
    const reply = await ask('PUT', await this.history(talk), { title: 'Stale' }, headers);
    if (reply && reply.status !== 412 && reply.status < 500) {
      this.odd(talk, `a stale PUT was answered with ${String(reply.status)}`);
    }
  }

  private async fork(talk: TreeTalk, { id }: Told): Promise<void> {
    const path = talk.pathTo(id);
    const reply = await ask('POST', `${await this.history(talk)}/fork`, { message_id: id });
    if (reply?.status !== 201) {
      this.expect(talk, reply, 'fork', true);
      return;
    }
    const copy = new TreeTalk(`${talk.label}-fork`);
    copy.id = reply.body.id;
    const texts = reply.body.messages
      .filter(({ role }: any) => role !== 'system')
      .map(({ content }: any) => content);
    const known = path.every(({ status }) => status !== 'streaming');
    if (known && JSON.stringify(texts) !== JSON.stringify(path.map(({ content }) => content))) {
      this.odd(talk, `a copy up to ${id} has ${JSON.stringify(texts)}`);
    }
    copy.isCopy = true;
    this.talks.push(copy);
  }

  private async remove(talk: TreeTalk, { id }: Told): Promise<void> {
    const below = talk.below(id);
    if (below.length > 6) return;
    talk.deletions += 1;
    for (const each of below) talk.perhapsDeleted.add(each);
    for (let tries = 0; tries < PATIENCE; tries += 1) {
      const reply = await ask('DELETE', `${await this.history(talk)}/messages/${id}`);
      if (reply?.status === 409) {
        await delay(100);
        continue;
      }
      if (reply?.status !== 200) {
        this.expect(talk, reply, 'DELETE', true);
        return;
      }
      if (reply.body.deleted < below.length) {
        this.odd(talk, `${String(reply.body.deleted)} of ${String(below.length)} were deleted`);
      }
      for (const each of below) talk.deleted.add(each);
      return;
    }
  }

  private async look(talk: TreeTalk): Promise<void> {
    if (talk.id === null) return;
    const [all, active] = [
      await ask('GET', `${await this.history(talk)}?branch=all`),
      await ask('GET', await this.history(talk)),
    ];
    if (all?.status === 200) this.oddities.push(...talk.compare(all.body));
    else if (all?.status === 404 && talk.kept.size > 0) this.odd(talk, 'is not there');
    if (active?.status === 200) this.oddities.push(...talk.compareActive(active.body));
  }

  /** What a change may be answered with beside success, while processes die. */
  private expect(talk: TreeTalk, reply: Reply | null, what: string, mayBeGone: boolean): void {
    if (!reply || reply.status >= 500 || reply.status === 409) return;
    if (reply.status === 404 && mayBeGone) return;
    this.odd(talk, `${what} was answered with ${String(reply.status)}`);
  }

  private question({ label }: TreeTalk): Question {
    const { random } = this;
    const id = `${label}.${String((this.questions += 1))}`;
    const paceMs = Number(random.weighted({ '0': 4, '5': 4, '40': 1 }));
    const mode = random.weighted({ whole: 14, refused: 1, cut: 1 });
    const beside = random.weighted({ nothing: 5, thinking: 1 });
    return { id, tokens: random.int(1, 15), paceMs, mode, beside };
  }

  private odd(talk: TreeTalk, what: string): void {
    this.oddities.push(`I26 ${talk.label} (${String(talk.id)}) ${what}`);
  }

  private async history(talk: TreeTalk): Promise<string> {
    return `${await this.base()}/api/history/${String(talk.id)}`;
  }

  /** Any process that listens; waits for one. */
  private async base(): Promise<string> {
    while (this.fleet.urls.length === 0) await delay(20);
    return this.random.pick(this.fleet.urls);
  }
}
