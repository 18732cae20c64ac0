import { Injectable } from '@nestjs/common';

/** The text of an answer so far, and the number of the last event in it. */
export interface LiveText {
  content: string;
  seq: number;
}

/**
 * Answers that are being written in this process. The stored log follows them by a tick, so whoever
 * reads a conversation here takes the text from this registry first. Keyed by message id, which is
 * made here and unique over all owners.
 */
@Injectable()
export class LiveTexts {
  private readonly readers = new Map<string, () => LiveText>();

  /** Announces a running answer; call what is returned once its end is stored. */
  register(messageId: string, read: () => LiveText): () => void {
    this.readers.set(messageId, read);
    return () => {
      if (this.readers.get(messageId) === read) this.readers.delete(messageId);
    };
  }

  /** The freshest text of a message, or null when nothing here is writing it. */
  read(messageId: string): LiveText | null {
    return this.readers.get(messageId)?.() ?? null;
  }
}
