import type { MessageRole } from '../../domain/conversation.js';
import { MessageTree, type Node } from '../rules/tree.js';
import type { Heading } from '../local/stored-conversation.js';
import type { Outbox } from './changes/outbox.js';

/** Position of a message in its file, in bytes after the beginning of the first. */
export interface MessagePlace {
  readonly id: string;
  readonly clientId: string | null;
  readonly role: MessageRole;
  /** Null: the message before it, or the top if there is none but the system prompt. */
  readonly parentId: string | null;
  readonly start: number;
  readonly end: number;
}

/** A conversation's file without the texts of its messages. */
export interface Outline {
  readonly heading: Heading;
  /** The file's stamp when it was read or written: while it is the same, the outline is valid. */
  readonly stamp: string;
  /** Begin of the first message, in bytes. */
  readonly start: number;
  readonly places: readonly MessagePlace[];
  /** Whether the first message is the system prompt. */
  readonly hasSystem: boolean;
  /** Whether the file, which is another program's then, has messages without an id. */
  readonly hasUnnamed: boolean;
  /** What the file that was read has in it for the feed; null after a write. */
  readonly outbox: Outbox | null;
  /** Made when it is first needed, then carried from outline to outline while messages are added. */
  tree: MessageTree | null;
}

/** What places and parents are judged by. */
type Shape = Pick<Outline, 'places' | 'hasSystem'> & { heading: Pick<Heading, 'id'> };

/** The parent that a message at a place has if none is written. */
export function impliedParent({ heading, places, hasSystem }: Shape, place: number): string {
  const before = place > (hasSystem ? 1 : 0) ? places[place - 1] : undefined;
  return before?.id ?? heading.id;
}

export function parentAt(shape: Shape, place: number): string {
  return shape.places[place]?.parentId ?? impliedParent(shape, place);
}

export function treeOf(outline: Outline): MessageTree {
  return (outline.tree ??= new MessageTree(nodesOf(outline, 0)));
}

/** The tree of the outline after messages were added to it. */
export function grownTree(tree: MessageTree | null, shape: Shape): MessageTree | null {
  if (tree) for (const node of nodesOf(shape, tree.length)) tree.add(node);
  return tree;
}

/** Only a first message is the system prompt: in another program's file others may have its role. */
function* nodesOf(shape: Shape, from: number): Generator<Node> {
  for (let place = from; place < shape.places.length; place += 1) {
    const id = shape.places[place]?.id ?? '';
    const role = place === 0 && shape.hasSystem ? 'system' : 'message';
    yield { id, parentId: parentAt(shape, place), role };
  }
}
