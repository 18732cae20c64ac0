import { Injectable } from '@nestjs/common';
import type { AnswerParts } from '../domain/parts.js';

/** The text of an answer so far, and the number of the last event in it. */
export interface LiveText {
  content: string;
  parts: AnswerParts | null;
  seq: number;
}

/**
 * Answers that this process is generating. The stored log is up to one tick behind, so readers of a
 * conversation take the text from this registry first. Keyed by message id, which is made here and
 * unique over all owners.
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

  /** The texts of a conversation must be removed from memory. */
  conversationDeleted(ownerId: string, conversationId: string): void {
    for (const forget of this.deletions) forget(ownerId, conversationId);
  }

  /** The newest text of a message, or null if this process is not generating it. */
  read(messageId: string): LiveText | null {
    return this.readers.get(messageId)?.() ?? null;
  }
}
