import type { BranchMessage, Message } from '../../../domain/conversation.js';
import { currentAnswer } from '../../rules/end.js';
import type { PlacedMessage } from '../../rules/pages.js';
import { encodeBeside } from '../../support/answer-json.js';
import type { Collections } from '../database/collections.js';
import { placeIn, placeKey } from '../documents/conversation-documents.js';
import { toRecord } from '../documents/generation-document.js';
import { toMessage, type MessageDocument } from '../documents/message-document.js';
import { readLog } from '../generations/logs.js';
import { eachPlace, type Run } from './branch.js';
import { isOneBranch, type ConversationState } from './conversation-state.js';
import { siblingsAt, type Placed } from './siblings.js';

/**
 * The documents at these places, in the order made; what is not there any more is left out. One scan
 * of an index, however many runs there are.
 */
export function documentsAt(
  { messages }: Collections,
  conversation: string,
  runs: readonly Run[],
): Promise<MessageDocument[]> {
  const [[first, last] = [0, 0]] = runs;
  const seq = runs.length > 1 ? { $in: eachPlace(runs) } : { $gte: first, $lte: last };
  return messages.find({ conversation, seq }).sort({ seq: 1 }).toArray();
}

/** Places of one branch that follow each other. */
export interface Path {
  runs: readonly Run[];
  /** Whether its first message has no parent; else that one is read for its id alone. */
  beginsAtTop: boolean;
}

/** The messages of a path, with their places in the conversation; those not there are left out. */
export async function readPath(
  collections: Collections,
  state: ConversationState,
  path: Path,
): Promise<PlacedMessage<BranchMessage>[]> {
  const placed = placedOn(path);
  if (placed.length === 0) return [];
  const [documents, siblings] = await Promise.all([
    documentsAt(collections, state.conversation, path.runs),
    branchSiblings(collections, state, placed),
  ]);
  const byPlace = new Map(documents.map((document) => [document.seq, document]));
  return Promise.all(
    placed.flatMap(({ place, parent }) => {
      const document = byPlace.get(place);
      if (!document) return [];
      const parentId = byPlace.get(parent)?.id ?? state.document.id;
      return shownAs(collections, document, parentId, siblings?.get(place));
    }),
  );
}

function placedOn({ runs, beginsAtTop }: Path): Placed[] {
  const places = eachPlace(runs);
  const placed = places.map((place, index) => ({ place, parent: places[index - 1] ?? 0 }));
  return beginsAtTop ? placed : placed.slice(1);
}

function branchSiblings(
  collections: Collections,
  state: ConversationState,
  placed: readonly Placed[],
): Promise<Map<number, string[]>> | null {
  return isOneBranch(state) ? null : siblingsAt(collections, state, placed);
}

/** Messages that are read in the order made, whatever branch they are on. */
export async function readAll(
  collections: Collections,
  state: ConversationState,
  documents: readonly MessageDocument[],
): Promise<PlacedMessage<BranchMessage>[]> {
  const placed = documents.map((document, index) => ({
    place: document.seq,
    parent: parentPlace(document, documents[index - 1], state),
  }));
  const known = new Map(documents.map(({ seq, id }) => [seq, id]));
  const others = placed.map(({ parent }) => parent).filter((place) => !known.has(place));
  const [siblings, parents] = await Promise.all([
    branchSiblings(collections, state, placed),
    idsAt(collections, state.conversation, others),
  ]);
  return Promise.all(
    documents.map((document, index) => {
      const parent = placed[index]?.parent ?? 0;
      const parentId = known.get(parent) ?? parents.get(parent) ?? state.document.id;
      return shownAs(collections, document, parentId, siblings?.get(document.seq));
    }),
  );
}

/** `before`: the one that was made before it, where that was read. */
export function parentPlace(
  { seq, parent }: Pick<MessageDocument, 'seq' | 'parent'>,
  before: Pick<MessageDocument, 'seq'> | undefined,
  { first }: ConversationState,
): number {
  if (parent !== undefined) return placeIn(parent);
  return seq === first ? 0 : (before?.seq ?? seq - 1);
}

/** Ids of messages by their places. */
export async function idsAt(
  { messages }: Collections,
  conversation: string,
  places: readonly number[],
): Promise<Map<number, string>> {
  const keys = [...new Set(places)].filter((place) => place > 0);
  if (keys.length === 0) return new Map();
  const found = await messages
    .find({ _id: { $in: keys.map((place) => placeKey(conversation, place)) } })
    .project<{ id: string; seq: number }>({ id: 1, seq: 1 })
    .toArray();
  return new Map(found.map(({ seq, id }) => [seq, id]));
}

async function shownAs(
  collections: Collections,
  document: MessageDocument,
  parentId: string,
  siblings: readonly string[] = [document.id],
): Promise<PlacedMessage<BranchMessage>> {
  const message = await current(collections, toMessage(document, parentId), document);
  return { seq: document.seq, message: { ...message, siblings } };
}

async function current(
  collections: Collections,
  message: Message,
  { status, generation: key }: MessageDocument,
): Promise<Message> {
  if (status !== 'streaming' || key === null) return message;
  const log = await readLog(collections, key, 0);
  // Read after the log: if the generation has ended since, the message may be outdated.
  const generation = await collections.generations.findOne({ _id: key });
  return currentAnswer(message, generation && toRecord(generation, log), log);
}

/** A message as it is shown: its end may be stored with its generation alone. */
export async function settled(
  collections: Collections,
  document: MessageDocument,
): Promise<MessageDocument> {
  if (document.status !== 'streaming') return document;
  const message = await current(collections, toMessage(document, ''), document);
  const { content, status, finishReason, usage } = message;
  return { ...document, content, status, finishReason, usage, parts: encodeBeside(message) };
}
