import type {
  ConversationHead,
  ConversationMetadata,
  ConversationSummary,
} from '../../../domain/conversation.js';
import type { SystemPrompt } from '../../conversation-store.js';
import type { Collections } from '../database/collections.js';
import {
  placeKey,
  revisionOf,
  type ConversationDocument,
  type StoredTree,
} from '../documents/conversation-documents.js';
import { LINK_FIELDS, type MessageDocument } from '../documents/message-document.js';
import { EMPTY, endOf, packRuns, unpackRuns, type Branch } from './branch.js';
import { branchOf, type Ground } from './branch-finder.js';

/** A conversation, with what a release without branches did not store of it. */
export interface ConversationState extends Ground {
  document: ConversationDocument;
  /** The system prompt that place 1 has or had, where the tree begins behind it. */
  opening: SystemPrompt | null;
  system: SystemPrompt | null;
  /** Id of the end of the active branch. */
  end: string | null;
  /** Messages of all branches, without the system prompt. */
  total: number;
}

type First = Pick<MessageDocument, 'id' | 'role' | 'content' | 'createdAt' | 'seq'>;

/** No round trip, unless a release without branches wrote it last. */
export async function stateOf(
  collections: Collections,
  document: ConversationDocument,
): Promise<ConversationState> {
  const { tree } = document;
  if (!tree) return earlierState(document, await endsOf(collections, [document]));
  return tree.turns === document.turns
    ? currentState(document, tree)
    : continuedState(collections, document, tree);
}

/** The same of many: one round trip for all that a release without branches wrote. */
export async function statesOf(
  collections: Collections,
  documents: readonly ConversationDocument[],
): Promise<ConversationState[]> {
  const earlier = documents.filter(({ tree }) => !tree);
  const ends = earlier.length > 0 ? await endsOf(collections, earlier) : new Map<string, First>();
  return Promise.all(
    documents.map(async (document) =>
      document.tree ? stateOf(collections, document) : earlierState(document, ends),
    ),
  );
}

/** The first and the last messages of conversations, by their keys. */
async function endsOf({ messages }: Collections, documents: readonly ConversationDocument[]) {
  const keys = documents.flatMap(({ _id, messageCount }) => [
    placeKey(_id, 1),
    placeKey(_id, messageCount),
  ]);
  const found = await messages
    .find({ _id: { $in: keys } })
    .project<First & { _id: string }>({ id: 1, role: 1, content: 1, createdAt: 1, seq: 1 })
    .toArray();
  return new Map(found.map((message) => [message._id, message]));
}

/** One branch, from a system prompt at place 1 or from a message. */
function earlierState(
  document: ConversationDocument,
  ends: ReadonlyMap<string, First>,
): ConversationState {
  const { _id, messageCount } = document;
  const one = ends.get(placeKey(_id, 1));
  const opening = one?.role === 'system' ? promptOf(one) : null;
  const first = opening ? 2 : 1;
  const total = Math.max(0, messageCount - first + 1);
  return {
    document,
    conversation: _id,
    last: messageCount,
    opening,
    system: opening,
    first,
    chain: messageCount,
    hidden: new Set(),
    active: total > 0 ? { runs: [[first, messageCount]], depth: total } : EMPTY,
    end: total > 0 ? (ends.get(placeKey(_id, messageCount))?.id ?? null) : null,
    total,
  };
}

function currentState(document: ConversationDocument, tree: StoredTree): ConversationState {
  const { _id, opening = null, system = opening, removal, messageCount: last } = document;
  const { depth, total, end, runs, chain, isLoose } = tree;
  return {
    document,
    conversation: _id,
    last,
    opening,
    system,
    first: opening ? 2 : 1,
    chain,
    hidden: new Set(removal?.places),
    active: { runs: unpackRuns(runs), depth, ...(isLoose && { isLoose }) },
    end,
    total,
  };
}

/**
 * A release without branches has written behind a tree: it puts a turn at the end of all, or replaces
 * the last answer in its place.
 */
async function continuedState(
  collections: Collections,
  document: ConversationDocument,
  tree: StoredTree,
): Promise<ConversationState> {
  const { _id, messageCount } = document;
  const state = currentState(document, tree);
  const added = messageCount - tree.last;
  const place = added > 0 ? messageCount : endOf(state.active);
  const last = await collections.messages.findOne(
    { _id: placeKey(_id, place) },
    { projection: LINK_FIELDS },
  );
  if (!last) return state;
  const active = await branchOf(collections, { ...state, active: EMPTY }, last);
  return { ...state, active, end: last.id, total: tree.total + added };
}

function promptOf({ id, content, createdAt }: SystemPrompt): SystemPrompt {
  return { id, content, createdAt };
}

/** What is stored of a tree whose active branch is this one. */
export function toStoredTree(
  { document, total, chain }: ConversationState,
  active: Branch,
  end: string | null,
): StoredTree {
  const { turns, messageCount: last } = document;
  const { depth, isLoose } = active;
  const runs = packRuns(active.runs);
  return { turns, last, depth, total, end, runs, chain, ...(isLoose && { isLoose }) };
}

/** Whether an id is that of the conversation or of its system prompt: what is there has no parent. */
export function isTop({ document, system }: ConversationState, id: string): boolean {
  return id === document.id || (system !== null && id === system.id);
}

/** Whether all messages make up the active branch. */
export function isOneBranch({ total, active }: ConversationState): boolean {
  return total <= active.depth;
}

export function toSummary(
  { document, system, active, total, end }: ConversationState,
  activeGenerationId: string | null,
): ConversationSummary {
  const prompt = system ? 1 : 0;
  return {
    id: document.id,
    title: document.title,
    titleBy: document.titleBy ?? 'message',
    createdAt: document.createdAt,
    updatedAt: document.updatedAt,
    messageCount: active.depth + prompt,
    messageTotal: total + prompt,
    activeMessageId: end,
    activeGenerationId,
    revision: revisionOf(document),
    model: document.model ?? null,
    tags: document.tags ?? [],
    pinned: document.pinned ?? false,
    archived: document.archived ?? false,
    forkedFrom: document.forkedFrom ?? null,
    chatId: document.chatId ?? null,
    disposable: document.disposable ?? false,
    metadata: metadataOf(document),
  };
}

/** The summary, and the settings that a list does not have. */
export function toHead(
  state: ConversationState,
  activeGenerationId: string | null,
): Omit<ConversationHead, 'branchLength'> {
  return {
    ...toSummary(state, activeGenerationId),
    system: state.system?.content ?? null,
    parameters: parametersOf(state.document),
  };
}

function metadataOf({ metadata }: ConversationDocument): ConversationMetadata | null {
  return metadata ? (JSON.parse(metadata) as ConversationMetadata) : null;
}

function parametersOf({ parameters }: ConversationDocument): ConversationHead['parameters'] {
  return parameters ? (JSON.parse(parameters) as Record<string, unknown>) : null;
}
