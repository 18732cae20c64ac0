import type { Fork } from '../conversation-store.js';
import type { ForkResult } from '../conversation-results.js';
import { placeInTree } from './conversation-change.js';
import type { ConversationReader } from './conversation-reader.js';
import { copies, forkedHeading, type ForkedBranch } from './fork.js';
import type { LocalImageStore } from './local-image-store.js';
import type { LocalState } from './local-state.js';
import type { StoredConversation } from './stored-conversation.js';

/** Copies branches into conversations of their own. */
export class ConversationForks {
  constructor(
    private readonly state: LocalState,
    private readonly images: LocalImageStore,
    private readonly reader: ConversationReader,
  ) {}

  /** Call it inside the mutex of the conversation that is copied. */
  async make(stored: StoredConversation, fork: Fork): Promise<ForkResult> {
    const { heading, messages } = stored;
    const { ownerId, id } = heading;
    const wanted = fork.messageId ?? heading.activeMessageId ?? id;
    const end = placeInTree(stored, wanted);
    if (end === null) return { outcome: 'message_not_found' };
    const active = this.state.table.activeIn(ownerId, id);
    // What is being written is the end of its branch.
    if (active?.messageId === end) return { outcome: 'busy', activeGenerationId: active.id };
    const reading = await this.reader.read(ownerId, id, { branch: { upTo: end } });
    if (reading === null) return { outcome: 'not_found' };
    if (reading === 'message_not_found') return { outcome: reading };
    const ids = Array.from({ length: reading.branchLength }, () => fork.newId());
    const { hasSystem } = messages;
    const branch = { source: heading, hasSystem, endId: end === id ? null : end, ids };
    await this.save(branch, reading.pages, fork);
    return { outcome: 'forked' };
  }

  private async save(
    branch: ForkedBranch,
    read: Parameters<typeof copies>[0],
    fork: Fork,
  ): Promise<void> {
    const { ownerId, id: sourceId } = branch.source;
    const conversation = { ownerId, conversationId: fork.id };
    await this.state.inConversation(ownerId, fork.id, () =>
      this.images.whileCopying(sourceId, conversation, (withImages) =>
        this.state.saveCopy({
          heading: forkedHeading(branch, fork),
          hasSystem: branch.hasSystem,
          pages: withImages(copies(read, branch, fork.id)),
          events: [{ time: fork.createdAt, event: { type: 'conversation.created' } }],
        }),
      ),
    );
  }
}
