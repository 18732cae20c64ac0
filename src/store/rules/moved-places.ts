import type { Message } from '../../domain/conversation.js';

/** Where a message of a moved conversation stands. */
export interface MovedPlace {
  /** From 1, in the order made. */
  seq: number;
  /** The parent, where that is not the message before it; the conversation's id for the top. */
  parentId: string | null;
  /** How many messages the path to it has; 0 of the system prompt. */
  depth: number;
}

/** Numbers the messages of a moved conversation, which come in the order made. */
export class MovedPlaces {
  private readonly depths = new Map<string, number>();
  private count = 0;
  private systems = 0;
  /** What a message without a parent of its own follows. */
  private before: string;

  constructor(private readonly conversationId: string) {
    this.before = conversationId;
  }

  /** A parent that is not there counts as none. */
  next({ id, parentId, role }: Pick<Message, 'id' | 'parentId' | 'role'>): MovedPlace {
    this.count += 1;
    if (role === 'system' && this.count === 1) {
      this.systems = 1;
      return { seq: 1, parentId: null, depth: 0 };
    }
    const parent = this.depths.has(parentId) ? parentId : this.conversationId;
    const depth = (this.depths.get(parent) ?? 0) + 1;
    this.depths.set(id, depth);
    const isNext = parent === this.before;
    this.before = id;
    return { seq: this.count, parentId: isNext ? null : parent, depth };
  }

  /** What a conversation with this active end counts. */
  counts(activeId: string | null) {
    const depth = this.depths.get(activeId ?? '') ?? 0;
    return {
      messageCount: depth + this.systems,
      messageTotal: this.count,
      systemCount: this.systems,
    };
  }
}
