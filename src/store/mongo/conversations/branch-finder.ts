import type { Collections } from '../database/collections.js';
import { placeIn, placeKey } from '../documents/conversation-documents.js';
import { LINK_FIELDS, type Link } from '../documents/message-document.js';
import type { Node } from '../../rules/tree.js';
import { cutAt, EMPTY, endOf, grown, placesIn, unpackRuns, type Branch } from './branch.js';

/** What has to be known of a conversation to find branches in it. */
export interface Ground {
  /** Its `_id`. */
  conversation: string;
  /** The place at which the tree begins: behind a system prompt that is a message. */
  first: number;
  /** The last place. */
  last: number;
  /** As in `StoredTree`. */
  chain: number;
  /** Places of messages that were deleted and may not be removed yet. */
  hidden: ReadonlySet<number>;
  active: Branch;
}

/** A message of the conversation, wherever it is; null where there is none of this id. */
export async function linkOf(
  { messages }: Collections,
  conversation: string,
  id: string,
): Promise<Link | null> {
  return messages.findOne({ conversation, id }, { projection: LINK_FIELDS });
}

/** Whether readers see a message, by its place; the system prompt is in no branch. */
export function isInTree({ first, last, hidden }: Ground, { seq }: Pick<Link, 'seq'>): boolean {
  return first <= seq && seq <= last && !hidden.has(seq);
}

/** The branch down to a message; one round trip unless the active branch goes through it. */
export async function branchOf(
  collections: Collections,
  ground: Ground,
  link: Link,
): Promise<Branch> {
  const { active, first, chain, conversation } = ground;
  const known = cutAt(active, link.seq);
  if (known) return known;
  if (link.depth === undefined)
    return link.seq <= chain
      ? { runs: [[first, link.seq]], depth: link.seq - first + 1 }
      : branchOfLater(collections, ground, link);
  const run = link.run ?? first;
  const above = run === first ? [] : await runsAbove(collections, conversation, run);
  return { runs: [...above, [run, link.seq]], depth: link.depth };
}

/** The runs above one, as its first message has them. */
async function runsAbove({ messages }: Collections, conversation: string, run: number) {
  const found = await messages.findOne(
    { _id: placeKey(conversation, run) },
    { projection: { above: 1 } },
  );
  return unpackRuns(found?.above ?? []);
}

/** The branch with at least so many places known, or all of it. */
export async function extended(
  collections: Collections,
  conversation: string,
  branch: Branch,
  count: number,
): Promise<Branch> {
  let { runs } = branch;
  while (placesIn(runs) < Math.min(count, branch.depth)) {
    const above = await runsAbove(collections, conversation, runs[0]?.[0] ?? 0);
    if (above.length === 0) break;
    runs = [...above, ...runs];
  }
  return { ...branch, runs };
}

const LOOK = 100;

/**
 * The branch of a message that a release without branches wrote behind a tree: each follows the one
 * before it, whatever branch that is on.
 */
async function branchOfLater(
  collections: Collections,
  ground: Ground,
  link: Link,
): Promise<Branch> {
  const later = [link.seq];
  for (;;) {
    const found = await linksBelow(collections, ground, later.at(-1) ?? 0);
    for (const before of found) {
      if (before.depth !== undefined || before.seq <= ground.chain)
        return later.reverse().reduce(followedBy, await branchOf(collections, ground, before));
      later.push(before.seq);
    }
    if (found.length < LOOK) return later.reverse().reduce(followedBy, EMPTY);
  }
}

function followedBy(branch: Branch, place: number): Branch {
  const isSameRun = endOf(branch) === place - 1;
  const next = grown(branch, place, place, isSameRun);
  return isSameRun && !branch.isLoose ? next : { ...next, isLoose: true };
}

function linksBelow({ messages }: Collections, ground: Ground, place: number): Promise<Link[]> {
  const { conversation, first, hidden } = ground;
  return messages
    .find({ conversation, seq: { $gte: first, $lt: place, $nin: [...hidden] } })
    .sort({ seq: -1 })
    .limit(LOOK)
    .project<Link>(LINK_FIELDS)
    .toArray();
}

/** All messages of a conversation without their texts, in the order made: for changes that are rare. */
export async function skeletonOf({ messages }: Collections, ground: Ground): Promise<Link[]> {
  const { conversation, first, last } = ground;
  const found = await messages
    .find({ conversation, seq: { $gte: first, $lte: last } })
    .sort({ seq: 1 })
    .project<Link>(LINK_FIELDS)
    .toArray();
  return found.filter(({ seq }) => !ground.hidden.has(seq));
}

/** The same as a tree's nodes. */
export function toNodes(links: readonly Link[], conversationId: string): Node[] {
  const ids = new Map(links.map(({ seq, id }) => [seq, id]));
  return links.map(({ id, role, parent }, index) => {
    const before = parent === undefined ? links[index - 1]?.id : ids.get(placeIn(parent));
    return { id, role, parentId: before ?? conversationId };
  });
}
