/** A message as the service last told it. */
export interface Told {
  id: string;
  parentId: string;
  role: string;
  content: string;
  status: string;
}

/** A turn that ended with `done`. */
interface Kept {
  answer: string;
  /** Of the answer. */
  parentId: string;
  /** The text that was sent; null where an earlier message was answered again. */
  question: string | null;
  /** Where it was sent to, if that was said. */
  questionParent: string | null;
}

/** A conversation with branches, as its one client knows it. */
export class TreeTalk {
  id: string | null = null;
  /** Every message that was seen, in the order made. */
  readonly told = new Map<string, Told>();
  /** Answers that were acknowledged, by their ids. */
  readonly kept = new Map<string, Kept>();
  readonly sent = new Set<string>();
  readonly deleted = new Set<string>();
  /** Of which nobody knows whether they are still there, and what was added below them meanwhile. */
  readonly perhapsDeleted = new Set<string>();
  deletions = 0;
  isCopy = false;
  private revision = 0;

  constructor(readonly label: string) {}

  /** From the first message down to this one. */
  pathTo(id: string): Told[] {
    const path: Told[] = [];
    for (let at = this.told.get(id); at; at = this.told.get(at.parentId)) path.unshift(at);
    return path;
  }

  /** A message and all that were seen below it. */
  below(id: string): string[] {
    const found = new Set([id]);
    for (const { id: each, parentId } of this.told.values())
      if (found.has(parentId)) found.add(each);
    return [...found];
  }

  /**
   * I26: every message that was seen or acknowledged is there as it was, once and at its place, unless
   * its client deleted it. Returns what does not hold.
   */
  compare(body: any): string[] {
    const odd: string[] = [];
    const say = (what: string): void => {
      odd.push(`I26 ${this.label} (${String(this.id)}) ${what}`);
    };
    const messages: any[] = body.messages;
    const byId = new Map(messages.map((message) => [message.id, message]));
    if (byId.size !== messages.length) say('has an id twice');
    if (body.message_total !== messages.length)
      say(`counts ${String(body.message_total)} messages`);
    const order = new Map(messages.map(({ id }, place) => [id, place]));
    for (const { id, parent_id: parent, siblings, role } of messages) {
      const above = order.get(parent);
      if (parent !== this.id && (above === undefined || above >= (order.get(id) ?? 0))) {
        say(`${id} follows ${parent}, which is not before it`);
      }
      const same = messages.filter(
        (other) => other.parent_id === parent && other.role !== 'system',
      );
      const expected = role === 'system' ? [id] : same.map((other) => other.id);
      if (JSON.stringify(siblings) !== JSON.stringify(expected)) say(`siblings of ${id} are wrong`);
    }
    const questions = messages.filter(({ role }) => role === 'user').map(({ content }) => content);
    if (new Set(questions).size !== questions.length) say('has a question twice');
    const foreign = this.isCopy ? [] : questions.filter((text) => !this.sent.has(text));
    if (foreign.length > 0) say(`has what was never said: ${JSON.stringify(foreign)}`);
    this.compareTold(byId, say);
    this.compareKept(byId, say);
    if (body.revision < this.revision) say(`went back to revision ${String(body.revision)}`);
    this.revision = body.revision;
    this.remember(messages);
    return odd;
  }

  /** The active branch, read by itself: a path of the tree from its top to a leaf. */
  compareActive(body: any): string[] {
    const odd: string[] = [];
    const messages: any[] = body.messages;
    const turns = messages.filter(({ role }) => role !== 'system');
    const isPath = turns.every(
      ({ parent_id: parent }, place) => parent === (turns[place - 1]?.id ?? this.id),
    );
    if (!isPath) odd.push(`I26 ${this.label} (${String(this.id)}) shows two branches as one`);
    if (
      body.message_count !== messages.length ||
      body.active_message_id !== (turns.at(-1)?.id ?? null)
    )
      odd.push(`I5 ${this.label} (${String(this.id)}) counts its active branch wrongly`);
    return odd;
  }

  private compareTold(byId: Map<string, any>, say: (what: string) => void): void {
    for (const { id, parentId, content, status, role } of this.told.values()) {
      const now = byId.get(id);
      if (this.deleted.has(id) && now) say(`still has ${id}, which was deleted`);
      if (!now && !this.isPerhapsDeleted(id)) say(`lost ${role} ${id}: ${content.slice(0, 40)}`);
      if (!now) continue;
      if (now.parent_id !== parentId) say(`moved ${id} from ${parentId} to ${now.parent_id}`);
      if (status !== 'streaming' && now.content !== content) say(`changed ${id}`);
      if (
        status === 'streaming' &&
        !String(now.content).startsWith(content) &&
        now.status === 'complete'
      )
        say(`changed what was shown of ${id}`);
    }
  }

  private compareKept(byId: Map<string, any>, say: (what: string) => void): void {
    for (const [id, { answer, parentId, question, questionParent }] of this.kept) {
      const now = byId.get(id);
      const asked = byId.get(parentId);
      if (!now) {
        if (!this.isPerhapsDeleted(id) && !this.isPerhapsDeleted(parentId))
          say(`lost answer ${id}`);
        continue;
      }
      if (now.content !== answer) say(`has another text of ${id}`);
      if (now.parent_id !== parentId) say(`has ${id} at another place`);
      if (question !== null && asked?.content !== question) say(`has another question of ${id}`);
      const place = questionParent === null ? null : asked?.parent_id;
      if (
        place !== null &&
        place !== questionParent &&
        byId.get(questionParent ?? '')?.role !== 'system'
      )
        say(`put the question of ${id} below ${String(place)}`);
    }
  }

  /** Also what was never seen but stood below something that may be deleted. */
  private isPerhapsDeleted(id: string): boolean {
    const known = this.told.get(id);
    const parentId = known?.parentId ?? this.kept.get(id)?.parentId ?? this.parentOfQuestion(id);
    if (this.perhapsDeleted.has(id)) return true;
    if (parentId === undefined) return this.deletions > 0;
    return parentId !== this.id && this.isPerhapsDeleted(parentId);
  }

  private parentOfQuestion(id: string): string | undefined {
    for (const { parentId, questionParent } of this.kept.values())
      if (parentId === id && questionParent !== null) return questionParent;
    return undefined;
  }

  private remember(messages: any[]): void {
    this.told.clear();
    for (const { id, parent_id: parentId, role, content, status } of messages)
      this.told.set(id, { id, parentId, role, content, status });
    for (const id of this.deleted) this.kept.delete(id);
  }
}
