import { createHash } from 'node:crypto';
import type { ImageReference, Message } from '../../../domain/conversation.js';
import type { HistoryView } from '../../../store/history-transfer.js';
import type { HistoryCounts } from '../../../store/idle-conversations.js';
import { checkedImage } from '../checked-image.js';
import { keysOf, ownersOf, readMoved, summariesOf, type Moved } from '../moved-history.js';
import { ChangedMeanwhile, MOST_TRIES, neverSettles } from '../settling.js';
import { conversationLine, imageLine, messageLine, VERSION, type BackupLine } from './lines.js';

/** UTF-16 units that are handed over at a time. */
const PART = 64 * 1024;

/** A whole history as the lines of a backup; only a part of it is in memory. */
export class BackupText {
  readonly counts: HistoryCounts = { conversations: 0, messages: 0 };
  private readonly hash = createHash('sha256');

  constructor(private readonly view: HistoryView) {}

  /** Parts of whole lines. Can be iterated once. */
  async *parts(): AsyncGenerator<string> {
    let part = '';
    for await (const line of this.lines()) {
      const text = `${JSON.stringify(line)}\n`;
      this.hash.update(text);
      part += text;
      if (part.length < PART) continue;
      yield part;
      part = '';
    }
    const end: BackupLine = { kind: 'end', ...this.counts, sha256: this.hash.digest('hex') };
    yield `${part}${JSON.stringify(end)}\n`;
  }

  private async *lines(): AsyncGenerator<BackupLine> {
    yield { kind: 'history', version: VERSION, made_at: new Date().toISOString() };
    for (const calibration of await this.view.calibrations.all())
      yield { kind: 'calibration', ...calibration };
    for (const item of await this.view.usage.all()) yield { kind: 'usage', ...item };
    const keys = await keysOf(this.view);
    if (keys) yield { kind: 'keys', keys };
    for (const ownerId of await ownersOf(this.view)) {
      const images = new Set<string>();
      for await (const page of summariesOf(this.view, ownerId))
        for (const { id } of page) yield* this.conversation(ownerId, id, images);
    }
  }

  /** Again until nothing changed it meanwhile: the lines before cannot be taken back. */
  private async *conversation(
    ownerId: string,
    id: string,
    images: Set<string>,
  ): AsyncGenerator<BackupLine> {
    for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
      const moved = await readMoved(this.view, ownerId, id);
      if (!moved) return;
      yield conversationLine(moved.conversation);
      const added = new Set<string>();
      try {
        yield* this.messages(moved, (imageId) => images.has(imageId) || added.has(imageId), added);
      } catch (error) {
        if (!(error instanceof ChangedMeanwhile)) throw error;
        yield { kind: 'discarded' };
        continue;
      }
      yield { kind: 'whole' };
      for (const imageId of added) images.add(imageId);
      this.counts.conversations += 1;
      this.counts.messages += moved.conversation.messageTotal;
      return;
    }
    throw neverSettles();
  }

  private async *messages(
    { conversation, pages }: Moved,
    isWritten: (imageId: string) => boolean,
    added: Set<string>,
  ): AsyncGenerator<BackupLine> {
    const imagesOf = ({ images }: Message) => (images ?? []).filter(({ id }) => !isWritten(id));
    for await (const page of pages())
      for (const message of page) {
        for (const image of imagesOf(message)) {
          const pieces = await this.view.image(conversation, image);
          if (!pieces || isWritten(image.id)) continue;
          added.add(image.id);
          yield* imageLines(image, pieces);
        }
        yield messageLine(message);
      }
  }
}

async function* imageLines(
  image: ImageReference,
  pieces: AsyncIterable<Buffer>,
): AsyncGenerator<BackupLine> {
  yield imageLine(image);
  for await (const piece of checkedImage(pieces, image.id))
    yield { kind: 'piece', data: piece.toString('base64') };
}
