import { Injectable } from '@nestjs/common';

/** The text of an answer so far, and the number of the last event in it. */
export interface LiveText {
  content: string;
  seq: number;
}

/**
 * Answers that are being written in this process. The stored log follows them by a tick, so a
 * reader of a conversation takes the text from this registry first. Keyed by message id, which is
 * made here and unique over all owners.
 */
@Injectable()
export class LiveTexts {
  private readonly readers = new Map<string, () => LiveText>();
  private readonly deletions = new Set<(ownerId: string, conversationId: string) => void>();

  /** Announces a running answer; call what is returned once its end is stored. */
  register(messageId: string, read: () => LiveText): () => void {
    this.readers.set(messageId, read);
    return () => {
      if (this.readers.get(messageId) === read) this.readers.delete(messageId);
    };
  }

  /** Calls `forget` for each conversation that is deleted through this process. */
  onDeleted(forget: (ownerId: string, conversationId: string) => void): void {
    this.deletions.add(forget);
  }

  /** What was said in a conversation is to be forgotten, wherever it is held. */
  conversationDeleted(ownerId: string, conversationId: string): void {
    for (const forget of this.deletions) forget(ownerId, conversationId);
  }

  /** The freshest text of a message, or null when nothing here is writing it. */
  read(messageId: string): LiveText | null {
    return this.readers.get(messageId)?.() ?? null;
  }
}
