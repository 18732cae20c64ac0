import type { Message } from '../../domain/conversation.js';
import type { MessageTree } from '../rules/tree.js';
import { storeUnavailable } from '../store-errors.js';
import { messagesChanged } from './conversation-change.js';
import type { MessageDeletion } from './message-deletion.js';
import {
  rangeBetween,
  type KeptMessages,
  type StoredConversation,
  type StoredMessages,
} from './stored-conversation.js';

/** A conversation without these messages, with what is below them; null if it has none of them. */
export async function withoutMessages(
  { heading, messages }: StoredConversation,
  ids: readonly string[],
  now: number,
): Promise<MessageDeletion | null> {
  const system = messages.hasSystem ? 1 : 0;
  const known = new Set(ids.map((id) => messages.placeOf(id)).filter((place) => place >= system));
  const gone = [...known].sort((a, b) => a - b);
  if (gone.length === 0) return null;
  const tree = messages.tree();
  const standIns = standInsFor(gone, tree, heading.id);
  const end = heading.activeMessageId ?? heading.id;
  const activeEnd = standIns.get(end) ?? end;
  const activeMessageId = activeEnd === heading.id ? null : activeEnd;
  const path = activeMessageId === null ? [] : tree.pathTo(activeMessageId);
  const changed = {
    ...heading,
    messageCount: path.filter((place) => !known.has(place)).length + system,
    messageTotal: messages.length - gone.length,
    activeMessageId,
    revision: heading.revision + 1,
  };
  const moved = await movedMessages(messages, standIns, known);
  return {
    change: {
      heading: changed,
      stored: messages,
      system: null,
      kept: keptAround(gone, moved, messages.length),
      added: [],
      events: [messagesChanged(now)],
    },
    deleted: gone.flatMap((place) => tree.idAt(place) ?? []),
  };
}

/** For each that goes the nearest of its ancestors that stays, or the top. A parent comes before what follows it. */
function standInsFor(gone: readonly number[], tree: MessageTree, top: string): Map<string, string> {
  const standIns = new Map<string, string>();
  for (const place of gone) {
    const id = tree.idAt(place) ?? '';
    const parent = tree.parentOf(id) ?? top;
    standIns.set(id, standIns.get(parent) ?? parent);
  }
  return standIns;
}

/** By their places, those that stay and follow another message then. */
async function movedMessages(
  messages: StoredMessages,
  standIns: ReadonlyMap<string, string>,
  gone: ReadonlySet<number>,
): Promise<Map<number, Message>> {
  const tree = messages.tree();
  const parents = new Map<number, string>();
  for (let place = messages.hasSystem ? 1 : 0; place < messages.length; place += 1) {
    const parentId = standIns.get(tree.parentOf(tree.idAt(place) ?? '') ?? '');
    if (parentId !== undefined && !gone.has(place)) parents.set(place, parentId);
  }
  const places = [...parents.keys()];
  const read = (await messages.read(places)) ?? [];
  if (read.length < places.length)
    throw storeUnavailable(new Error('Another program changed the conversation'));
  return new Map(
    read.map((message, index) => {
      const place = places[index] ?? 0;
      return [place, { ...message, parentId: parents.get(place) ?? message.parentId }];
    }),
  );
}

/** What lies between the places that go and those of messages that move. */
function keptAround(
  gone: readonly number[],
  moved: ReadonlyMap<number, Message>,
  length: number,
): KeptMessages[] {
  const kept: KeptMessages[] = [];
  let from = 0;
  for (const place of [...gone, ...moved.keys(), length].sort((a, b) => a - b)) {
    const message = moved.get(place);
    kept.push(...rangeBetween(from, place), ...(message ? [message] : []));
    from = place + 1;
  }
  return kept;
}
