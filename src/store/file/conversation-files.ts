import type { Message } from '../../domain/conversation.js';
import type { RecordedChange } from '../local/change-run.js';
import {
  changesIn,
  isRange,
  keptFromStart,
  placesBetween,
  summaryOf,
  type ConversationChange,
  type ConversationCopy,
  type Heading,
  type StoredConversation,
} from '../local/stored-conversation.js';
import { copyOf, rewriteOf, type ConversationRewrite } from './conversation-rewrite.js';
import type { FileChangeFeed } from './changes/file-change-feed.js';
import type { NewOutbox } from './changes/outbox.js';
import type { Deletion } from './changes/segment-codec.js';
import type { ConversationCatalog } from './conversation-catalog.js';
import type { Disk } from './disk.js';
import { FileMessages } from './file-messages.js';
import type { Layout } from './layout.js';
import type { Outline } from './outline.js';
import { Outlines } from './outlines.js';
import type { Quarantine } from './quarantine.js';

/**
 * One JSON file per conversation. The file takes precedence over the index. It is read, parsed and
 * encoded in slices, however long it is.
 */
export class ConversationFiles {
  private readonly outlines: Outlines;

  constructor(
    private readonly disk: Disk,
    private readonly layout: Layout,
    private readonly catalog: ConversationCatalog,
    private readonly quarantine: Quarantine,
    private readonly changes: FileChangeFeed,
  ) {
    this.outlines = new Outlines(disk);
  }

  async load(ownerId: string, id: string): Promise<StoredConversation | null> {
    const path = this.path(ownerId, id);
    const outline = await this.quarantine.sound(path, () => this.outlines.current(path));
    if (outline && outline.heading.ownerId === ownerId && outline.heading.id === id) {
      const messages = new FileMessages(this.disk, this.outlines, path, outline);
      return { heading: outline.heading, messages };
    }
    this.outlines.forget(path);
    this.catalog.remove(ownerId, id);
    return null;
  }

  async save(change: ConversationChange): Promise<void> {
    const { heading, stored } = change;
    const before = stored instanceof FileMessages ? stored.outline : null;
    const outbox = this.outboxOf(change);
    await this.write(heading, rewriteOf(await named(change, before), before, outbox), outbox);
  }

  async saveCopy(copy: ConversationCopy): Promise<void> {
    const outbox = this.outboxOf(copy);
    await this.write(copy.heading, copyOf(copy, outbox, copy.heading.activeMessageId), outbox);
  }

  /**
   * A conversation from another store, in place of the one that is there; nothing is recorded for the
   * feed.
   *
   * @param headingAfter known once its pages are read
   */
  async put(copy: ConversationCopy, headingAfter: () => Heading): Promise<void> {
    const { ownerId, id } = copy.heading;
    const path = this.path(ownerId, id);
    const { content } = copyOf(copy, this.changes.outbox(ownerId, id, []), undefined);
    const stamp = await this.disk.replace(path, content, { durable: true });
    this.outlines.forget(path);
    this.catalog.put({ ownerId, summary: summaryOf(headingAfter()), path, stamp });
  }

  /** Removes it; nothing is recorded for the feed. */
  async drop(ownerId: string, id: string): Promise<void> {
    const path = this.path(ownerId, id);
    await this.disk.remove(path, { durable: true });
    this.outlines.forget(path);
    this.catalog.remove(ownerId, id);
  }

  /** Noted before, so that the next start completes it after a crash. */
  async remove(change: RecordedChange): Promise<void> {
    const path = this.path(change.ownerId, change.conversationId);
    const stamp = (await this.disk.stamp(path)) ?? '';
    const deletion = await this.changes.prepareDeletion(change, stamp);
    try {
      await this.complete(deletion);
    } catch (error) {
      this.changes.giveUp(deletion);
      throw error;
    }
  }

  /** Completes the deletions of a process that died; a file that was changed since then stays. */
  async completeDeletions(): Promise<void> {
    for (const deletion of this.changes.deletions) {
      const { ownerId, conversationId } = deletion.change;
      const stamp = await this.disk.stamp(this.path(ownerId, conversationId));
      if (stamp === null || stamp === deletion.stamp) await this.complete(deletion);
      else this.changes.giveUp(deletion);
    }
  }

  private async complete(deletion: Deletion): Promise<void> {
    const { ownerId, conversationId } = deletion.change;
    const path = this.path(ownerId, conversationId);
    await this.disk.remove(path, { durable: true });
    this.outlines.forget(path);
    this.catalog.remove(ownerId, conversationId);
    this.changes.completeDeletion(deletion);
  }

  private outboxOf(change: Pick<ConversationChange, 'heading' | 'events'>): NewOutbox {
    const { ownerId, id } = change.heading;
    return this.changes.outbox(ownerId, id, changesIn(change));
  }

  private async write(
    heading: Heading,
    rewrite: ConversationRewrite,
    outbox: NewOutbox,
  ): Promise<void> {
    const { ownerId, id } = heading;
    const { content, outlineAt } = rewrite;
    const path = this.path(ownerId, id);
    const { stamp } = await this.outlines.renew(path, async () =>
      outlineAt(await this.disk.replace(path, content, { durable: true })),
    );
    // First: the index, which has the catalog's entries, is written after what the feed has by then.
    this.changes.add(outbox);
    this.catalog.put({ ownerId, summary: summaryOf(heading), path, stamp });
  }

  private path(ownerId: string, id: string): string {
    return this.catalog.get(ownerId, id)?.path ?? this.layout.conversation(ownerId, id);
  }
}

/**
 * A change that moves messages gives those an id that have none in the file of another program: it was
 * that of their place.
 */
async function named(
  change: ConversationChange,
  before: Outline | null,
): Promise<ConversationChange> {
  if (!before?.hasUnnamed || keptFromStart(change) !== null) return change;
  const added: Message[] = [];
  for (const kept of change.kept)
    if (isRange(kept))
      added.push(...((await change.stored.read(placesBetween(kept.from, kept.to))) ?? []));
    else added.push(kept);
  return { ...change, kept: [], added: [...added, ...change.added] };
}
