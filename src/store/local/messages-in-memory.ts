import type { Message } from '../../domain/conversation.js';
import { MessageTree } from '../rules/tree.js';
import {
  hasName,
  isRange,
  keptFromStart,
  type ConversationChange,
  type NamedMessage,
  type StoredMessages,
} from './stored-conversation.js';

/** Messages that are in memory. A turn adds to them in place, so that it costs what it adds. */
export class MessagesInMemory implements StoredMessages {
  private known: MessageTree | null = null;

  constructor(private readonly all: Message[] = []) {}

  get length(): number {
    return this.all.length;
  }

  get hasSystem(): boolean {
    return this.all[0]?.role === 'system';
  }

  get lastId(): string | null {
    return this.all.at(-1)?.id ?? null;
  }

  /** From the end, since callers mostly request new messages. */
  placeOf(id: string): number {
    return this.known
      ? this.known.placeOf(id)
      : this.all.findLastIndex((message) => message.id === id);
  }

  named(names: ReadonlySet<string>): NamedMessage[] {
    return this.all
      .slice(this.hasSystem ? 1 : 0)
      .filter((message) => hasName(message, names))
      .map(({ id, clientId, parentId, role }) => ({ id, clientId, parentId, role }));
  }

  tree(): MessageTree {
    return (this.known ??= new MessageTree(this.all));
  }

  async read(places: readonly number[]): Promise<readonly Message[]> {
    return places.flatMap((place) => this.all[place] ?? []);
  }

  /**
   * The messages after a change: these, or other ones if places have changed, so that who reads these
   * meanwhile reads them to the end.
   */
  after(change: ConversationChange): MessagesInMemory {
    const { system, kept, added } = change;
    const from = keptFromStart(change);
    if (from !== null && from + added.length >= this.length)
      return this.overwrittenFrom(from, added);
    const stored = kept.flatMap((each) =>
      isRange(each) ? this.all.slice(each.from, each.to) : each,
    );
    return new MessagesInMemory([...(system ? [system] : []), ...stored, ...added]);
  }

  /** What is overwritten has the same ids. */
  private overwrittenFrom(place: number, messages: readonly Message[]): this {
    messages.forEach((message, index) => {
      this.all[place + index] = message;
    });
    const { known } = this;
    if (known) for (const message of this.all.slice(known.length)) known.add(message);
    return this;
  }
}
