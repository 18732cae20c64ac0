import { randomUUID } from 'node:crypto';
import type { StagedMessage } from '../../../domain/generation.js';
import type { AppendResult } from '../../conversation-results.js';
import type { Collections } from '../database/collections.js';
import type { StoredPending } from '../documents/conversation-documents.js';
import { givenDocument } from '../documents/message-document.js';
import { changingAny, withTree, type Fields } from './change.js';
import type { ConversationState } from './conversation-state.js';
import { growthBy, linkIn } from './growth.js';
import { changeMessages } from './message-change.js';
import { completePending } from './pending.js';

/**
 * Adds messages at the end of the active branch. One write moves the conversation's end and has the
 * messages in it; a crash after it leaves it to the next who reads or changes the conversation, or to the
 * sweep, to store them at their places.
 */
export function append(
  collections: Collections,
  _id: string,
  messages: readonly StagedMessage[],
  now: number,
): Promise<AppendResult> {
  return changingAny<AppendResult>(collections, _id, async ({ state, activeGenerationId }) => {
    if (activeGenerationId !== null) return { outcome: 'busy', activeGenerationId };
    const { pending, ...fields } = addition(state, messages);
    const set = { ...fields, pending, updatedAt: now };
    const changed = await changeMessages(collections, state, set, now);
    if (changed !== 'changed') return changed;
    await completePending(collections, _id, pending);
    return { outcome: 'appended' };
  });
}

function addition(
  state: ConversationState,
  messages: readonly StagedMessage[],
): Fields & { pending: StoredPending } {
  const { document, conversation, active: parent, first, total, chain } = state;
  const start = state.last + 1;
  const last = state.last + messages.length;
  const end = messages.at(-1)?.id ?? '';
  const growth = growthBy({
    ...{ conversation, parent, first, start, last, end, total, chain },
    turns: document.turns,
  });
  const added = messages.map((message, index) => ({
    ...givenDocument(conversation, start + index, message),
    ...linkIn(growth, start + index),
  }));
  return {
    ...withTree(state, growth.tree),
    messageCount: last,
    pending: { token: randomUUID(), added, runs: [], moved: 0 },
  };
}
