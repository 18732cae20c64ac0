import type { ApiKeyRecord } from '../../../domain/api-key.js';
import type { ImageReference, Message } from '../../../domain/conversation.js';
import type { TokenCalibration } from '../../../domain/token-calibration.js';
import type { UsageItem } from '../../../domain/token-usage.js';
import type { MovedConversation, StoreImage } from '../../../store/history-transfer.js';
import { damaged } from './gzip-frame.js';
import { readLines } from './backup-lines.js';
import { conversationIn, imageIn, messageIn, type BackupLine } from './lines.js';

/** Messages that are handed over together, and UTF-16 units of their texts. */
const MOST_MESSAGES = 100;
const MOST_TEXT = 256 * 1024;

/** The conversation changed while it was read for the backup: what was read of it does not count. */
export class DiscardedConversation extends Error {
  override readonly name = 'DiscardedConversation';
}

/** A conversation of a backup, of which the messages have to be read before the next one. */
export interface BackupConversation {
  readonly conversation: MovedConversation;
  /** Their images are stored before them. Throws `DiscardedConversation` instead of the end. */
  readonly messages: (storeImage: StoreImage) => AsyncGenerator<Message[]>;
}

/**
 * Reads a backup once, from its beginning to its end; only a part of it is in memory. What is read of a
 * damaged file may be anything, until its end tells.
 */
export class BackupReader {
  private readonly lines: AsyncGenerator<BackupLine>;
  private next: BackupLine | null = null;

  constructor(file: string) {
    this.lines = readLines(file);
  }

  /** What belongs to no conversation. To be called first. */
  async calibrations(): Promise<TokenCalibration[]> {
    await this.advance();
    const found: TokenCalibration[] = [];
    while ((await this.advance())?.kind === 'calibration') {
      const { next } = this;
      if (next?.kind === 'calibration') found.push({ model: next.model, factors: next.factors });
    }
    return found;
  }

  /** What answers took. To be called next. */
  async usage(): Promise<UsageItem[]> {
    const found: UsageItem[] = [];
    for (; this.next?.kind === 'usage'; await this.advance()) {
      const { kind: _kind, ...item } = this.next;
      found.push(item);
    }
    return found;
  }

  /** Null: there was never one. To be called next. */
  async keys(): Promise<readonly ApiKeyRecord[] | null> {
    if (this.next?.kind !== 'keys') return null;
    const { keys } = this.next;
    await this.advance();
    return keys;
  }

  /** When it has ended, the file has been read whole and is as it was written. */
  async *conversations(): AsyncGenerator<BackupConversation> {
    let counted = { conversations: 0, messages: 0 };
    for (; this.next?.kind === 'conversation'; await this.advance()) {
      const conversation = conversationIn(this.next);
      yield { conversation, messages: (storeImage) => this.messages(storeImage) };
      if (!this.isWhole()) continue;
      counted = {
        conversations: counted.conversations + 1,
        messages: counted.messages + conversation.messageTotal,
      };
    }
    if (this.next?.kind !== 'end') throw damaged();
    const { conversations, messages } = this.next;
    if (conversations !== counted.conversations || messages !== counted.messages) throw damaged();
    // The line behind the end, which does not come, is what the digest is checked with.
    if (await this.advance()) throw damaged();
  }

  /** A failure, or that of the file: what is read of a damaged one may fail anywhere. */
  async explain(error: unknown): Promise<unknown> {
    try {
      while (await this.advance());
      return error;
    } catch (damage) {
      return damage;
    }
  }

  private async *messages(storeImage: StoreImage): AsyncGenerator<Message[]> {
    let page: Message[] = [];
    let length = 0;
    for (;;) {
      const line = await this.advance();
      if (line?.kind === 'image') await this.image(imageIn(line), storeImage);
      else if (line?.kind === 'message') {
        page.push(messageIn(line));
        length += line.content.length;
      } else break;
      if (page.length < MOST_MESSAGES && length < MOST_TEXT) continue;
      yield page;
      page = [];
      length = 0;
    }
    if (!this.isWhole()) throw new DiscardedConversation();
    if (page.length > 0) yield page;
  }

  /** Of the conversation whose last line was read. */
  private isWhole(): boolean {
    const kind = this.next?.kind;
    if (kind !== 'whole' && kind !== 'discarded') throw damaged();
    return kind === 'whole';
  }

  /** All lines of its pieces are read, whether they are wanted or not. */
  private async image(image: ImageReference, storeImage: StoreImage): Promise<void> {
    const pieces = this.pieces(image.bytes);
    await storeImage(image, pieces);
    for await (const _unwanted of pieces);
  }

  private async *pieces(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0;) {
      const line = await this.advance();
      if (line?.kind !== 'piece') throw damaged();
      const piece = Buffer.from(line.data, 'base64');
      if (piece.length === 0 || piece.length > left) throw damaged();
      left -= piece.length;
      yield piece;
    }
  }

  private async advance(): Promise<BackupLine | null> {
    const read = await this.lines.next();
    this.next = read.done ? null : read.value;
    return this.next;
  }
}
