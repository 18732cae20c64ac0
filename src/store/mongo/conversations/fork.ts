import { randomUUID } from 'node:crypto';
import type { Expected, Fork, SystemPrompt } from '../../conversation-store.js';
import type { ForkResult } from '../../conversation-results.js';
import { storeContended } from '../../store-errors.js';
import type { Collections } from '../database/collections.js';
import { insertIfAbsent } from '../database/insert-if-absent.js';
import {
  NO_SETTINGS,
  owned,
  placeKey,
  type ConversationDocument,
} from '../documents/conversation-documents.js';
import { recordedChanges } from '../documents/change-documents.js';
import type { MessageDocument } from '../documents/message-document.js';
import { shareUses } from '../images/share-uses.js';
import { newest, placesIn, slice, type Branch } from './branch.js';
import { extended, linkOf } from './branch-finder.js';
import { changing, withRecords, type Found } from './change.js';
import type { ConversationState } from './conversation-state.js';
import { documentsAt, settled } from './message-reader.js';
import { purge } from './purge.js';
import { branchUpTo } from './window.js';

/**
 * Copies a branch. The copy is written as a conversation that looks deleted, so that a crash leaves
 * it to the sweep; its last write lets it be seen.
 */
export function fork(
  collections: Collections,
  _id: string,
  wish: Fork,
  expected: Expected,
): Promise<ForkResult> {
  return changing<ForkResult>(collections, { _id, expected }, (found) =>
    copy(collections, found, wish),
  );
}

async function copy(
  collections: Collections,
  { state, activeGenerationId }: Found,
  wish: Fork,
): Promise<ForkResult | 'again'> {
  const branch = await branchToCopy(collections, state, wish.messageId);
  if (!branch) return { outcome: 'message_not_found' };
  const copying: Copying = { state, branch, wish, draft: draftOf(state, branch, wish) };
  await collections.conversations.insertOne(copying.draft);
  const copied = await copyMessages(collections, copying);
  if (copied === 'copied') {
    await publish(collections, copying.draft);
    return { outcome: 'forked' };
  }
  await giveUp(collections, copying.draft);
  // One that is being written since it was read is found with its generation.
  return copied === 'streaming' && activeGenerationId !== null
    ? { outcome: 'busy', activeGenerationId }
    : 'again';
}

interface Copying {
  state: ConversationState;
  branch: Branch;
  wish: Fork;
  /** The copy, not yet to be seen. */
  draft: ConversationDocument;
}

async function publish(
  { conversations }: Collections,
  { _id, draft, createdAt }: ConversationDocument,
): Promise<void> {
  const { matchedCount } = await conversations.updateOne(
    { _id, draft: draft ?? null, purged: false },
    {
      $set: { deletedAt: null, draft: null },
      ...withRecords(recordedChanges([[createdAt, { type: 'conversation.created' }]])),
    },
  );
  // A sweep took it for what a crash had left.
  if (matchedCount === 0) throw storeContended();
}

async function giveUp(collections: Collections, { _id }: ConversationDocument): Promise<void> {
  await purge(collections, _id);
  await collections.conversations.deleteOne({ _id, deletedAt: { $ne: null } });
}

async function branchToCopy(
  collections: Collections,
  state: ConversationState,
  messageId: string | null,
): Promise<Branch | null> {
  const { conversation, active } = state;
  const branch =
    messageId === null
      ? active
      : await branchUpTo(
          collections,
          state,
          messageId,
          await linkOf(collections, conversation, messageId),
        );
  return branch && extended(collections, conversation, branch, branch.depth);
}

function draftOf(state: ConversationState, branch: Branch, wish: Fork): ConversationDocument {
  const { document, system } = state;
  const { ownerId, title, titleBy = 'message', model = null, parameters = null, tags } = document;
  const { depth } = branch;
  const prompt: SystemPrompt | null = system && { ...system, id: wish.newId() };
  return {
    _id: owned(ownerId, wish.id),
    ownerId,
    id: wish.id,
    title,
    createdAt: wish.createdAt,
    updatedAt: wish.createdAt,
    messageCount: depth,
    turns: 1,
    ...NO_SETTINGS,
    disposable: wish.disposable ? true : null,
    titleBy,
    model,
    parameters,
    tags: tags ?? [],
    system: prompt,
    forkedFrom: {
      conversationId: document.id,
      messageId: depth > 0 ? (wish.messageId ?? state.end) : null,
    },
    tree: {
      turns: 1,
      last: depth,
      depth,
      total: depth,
      end: depth > 0 ? wish.newId() : null,
      runs: depth > 0 ? [1, depth] : [],
      chain: 0,
    },
    deletedAt: Date.now(),
    purged: false,
    draft: randomUUID(),
  };
}

/** Messages that are copied at a time. */
const PAGE = 100;

/** `streaming`: one is being written; `changed`: one is not there any more. */
async function copyMessages(
  collections: Collections,
  copying: Copying,
): Promise<'copied' | 'streaming' | 'changed'> {
  const { branch, state } = copying;
  const runs = newest(branch, branch.depth);
  for (let from = 0; from < branch.depth; from += PAGE) {
    const page = slice(runs, from, PAGE);
    const found = await documentsAt(collections, state.conversation, page);
    if (found.length < placesIn(page)) return 'changed';
    const originals = await Promise.all(found.map((document) => settled(collections, document)));
    if (originals.some(({ status }) => status === 'streaming')) return 'streaming';
    if (!(await insertCopies(collections, copying, originals, from))) return 'changed';
  }
  return 'copied';
}

/** False if an image of one was removed meanwhile. */
async function insertCopies(
  collections: Collections,
  { draft, branch, state, wish }: Copying,
  originals: readonly MessageDocument[],
  from: number,
): Promise<boolean> {
  const ids = new Map<string, string>();
  const copies = originals.map((original, index) => {
    const seq = from + index + 1;
    const id = seq === branch.depth ? (draft.tree?.end ?? '') : wish.newId();
    ids.set(original.id, id);
    return copyOf(original, draft._id, seq, id);
  });
  await insertIfAbsent(collections.messages, copies);
  return shareUses(collections, { from: state.conversation, to: draft._id, messages: ids });
}

function copyOf(
  { run: _run, parent: _parent, above: _above, moved: _moved, ...original }: MessageDocument,
  conversation: string,
  seq: number,
  id: string,
): MessageDocument {
  return {
    ...original,
    _id: placeKey(conversation, seq),
    conversation,
    seq,
    id,
    depth: seq,
    generationId: null,
    generation: null,
  };
}
