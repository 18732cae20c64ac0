import { randomUUID } from 'node:crypto';
import type {
  ConversationUpdate,
  Expected,
  NewConversation,
  SystemPrompt,
} from '../../conversation-store.js';
import type { UpdateResult } from '../../conversation-results.js';
import { UNNAMED } from '../../../domain/conversation.js';
import { changedNames } from '../../rules/changed-names.js';
import type { Collections } from '../database/collections.js';
import { recordedChanges } from '../documents/change-documents.js';
import { NO_SETTINGS, owned } from '../documents/conversation-documents.js';
import { changing, unchanged, withRevision, withTree, type Fields } from './change.js';
import { completeRemoval } from './message-removal.js';
import { toStoredTree, type ConversationState } from './conversation-state.js';
import { branchThrough } from './window.js';

export async function create(
  { conversations }: Collections,
  ownerId: string,
  { id, title, createdAt, ...settings }: NewConversation,
): Promise<void> {
  await conversations.insertOne({
    _id: owned(ownerId, id),
    ownerId,
    id,
    title: title ?? UNNAMED,
    createdAt,
    updatedAt: createdAt,
    messageCount: 0,
    turns: 1,
    ...NO_SETTINGS,
    titleBy: title === null ? 'message' : 'user',
    tags: [...settings.tags],
    ...plainFields(settings),
    system: settings.system,
    tree: { turns: 1, last: 0, depth: 0, total: 0, end: null, runs: [], chain: 0 },
    deletedAt: null,
    purged: false,
    outbox: recordedChanges([[createdAt, { type: 'conversation.created' }]]),
  });
}

export function update(
  collections: Collections,
  _id: string,
  wish: ConversationUpdate,
  expected: Expected,
): Promise<UpdateResult> {
  return changing<UpdateResult>(collections, { _id, expected }, async ({ state }) => {
    const { document } = state;
    const updated = { outcome: 'updated' } as const;
    if (wish.system !== undefined && document.removal) {
      await completeRemoval(collections, _id, document.removal);
      return 'again';
    }
    if (wish.title?.by === 'model' && (document.titleBy ?? 'message') !== 'message') return updated;
    const tree = await treeFields(collections, state, wish.activeMessageId);
    if (!tree) return { outcome: 'message_not_found' };
    const set = { ...tree, ...namedFields(wish), ...systemFields(state, wish.system) };
    const { matchedCount } = await collections.conversations.updateOne(
      unchanged(document),
      withRevision(set, changedNames(wish)),
    );
    if (matchedCount === 0) return 'again';
    if (set.removal) await completeRemoval(collections, _id, set.removal);
    return updated;
  });
}

/**
 * The tree, where another branch is chosen, or where a release without branches has left none; null if
 * there is no such message.
 */
async function treeFields(
  collections: Collections,
  state: ConversationState,
  activeMessageId: string | undefined,
): Promise<Fields | null> {
  if (activeMessageId === undefined) {
    const { active, end } = state;
    return state.document.tree ? {} : withTree(state, toStoredTree(state, active, end));
  }
  const chosen = await branchThrough(collections, state, activeMessageId);
  return chosen && withTree(state, toStoredTree(state, chosen.branch, chosen.end));
}

function namedFields({ title, tags, ...wish }: ConversationUpdate): Fields {
  return {
    ...(title && { title: title.text, titleBy: title.by }),
    ...(tags && { tags: [...tags] }),
    ...plainFields(wish),
  };
}

function plainFields({
  model,
  parameters,
  pinned,
  archived,
  metadata,
}: Pick<ConversationUpdate, 'model' | 'parameters' | 'pinned' | 'archived' | 'metadata'>): Fields {
  return {
    ...(model !== undefined && { model }),
    ...(parameters !== undefined && { parameters: parameters && JSON.stringify(parameters) }),
    ...(pinned !== undefined && { pinned: pinned || null }),
    ...(archived !== undefined && { archived: archived || null }),
    ...(metadata !== undefined && { metadata: metadata && JSON.stringify(metadata) }),
  };
}

/**
 * A system prompt that is there keeps its id and time. As a message at place 1 it is read no more, and
 * removed.
 */
function systemFields(
  { system: before, opening }: ConversationState,
  system: SystemPrompt | null | undefined,
): Fields {
  if (system === undefined) return {};
  return {
    system: system && before ? { ...before, content: system.content } : system,
    opening: opening && { ...opening, content: '' },
    ...(opening &&
      opening.content !== '' && { removal: { token: randomUUID(), places: [1], messages: [] } }),
  };
}
