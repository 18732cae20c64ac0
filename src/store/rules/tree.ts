/** A message without its text, as a node of its conversation's tree. */
export interface Node {
  readonly id: string;
  /** As in `Message`. */
  readonly parentId: string;
  readonly role: string;
}

/** A tree from which messages were taken. */
export interface ThinnedTree {
  tree: MessageTree;
  /** By the ids of those taken, in the order made: the nearest message above that stays, else the top. */
  gone: ReadonlyMap<string, string>;
}

/**
 * The tree of a conversation's messages, from all of them in the order made: parents come first. For
 * changes that are rare and for stores that have the messages at hand; a turn must not read them all.
 */
export class MessageTree {
  private readonly nodes: Node[] = [];
  private readonly places = new Map<string, number>();
  private readonly depths: number[] = [];
  /** Parent → ids of the messages that follow it, in the order made. */
  private readonly children = new Map<string, string[]>();

  constructor(nodes: Iterable<Node>) {
    for (const node of nodes) this.add(node);
  }

  /** Adds the message that was made after all others. */
  add(node: Node): void {
    this.places.set(node.id, this.nodes.length);
    this.nodes.push(node);
    this.depths.push(node.role === 'system' ? 0 : this.depthOf(node.parentId) + 1);
    if (node.role === 'system') return;
    const siblings = this.children.get(node.parentId);
    if (siblings) siblings.push(node.id);
    else this.children.set(node.parentId, [node.id]);
  }

  get length(): number {
    return this.nodes.length;
  }

  /** The place of a message in the order made, from 0; -1 where there is none of this id. */
  placeOf(id: string): number {
    return this.places.get(id) ?? -1;
  }

  /** Null of an unknown message. */
  parentOf(id: string): string | null {
    return this.nodes[this.placeOf(id)]?.parentId ?? null;
  }

  /** How many messages the path to one has, itself too; 0 of the system prompt and of the top. */
  depthOf(id: string): number {
    return this.depths[this.placeOf(id)] ?? 0;
  }

  /**
   * The places of a message and those above it, the first one first; without the system prompt.
   *
   * @param limit only the newest ones
   */
  pathTo(id: string, limit = Infinity): number[] {
    const path: number[] = [];
    for (let place = this.placeOf(id); place !== -1 && path.length < limit;) {
      const node = this.nodes[place];
      if (!node || node.role === 'system') break;
      path.push(place);
      place = this.placeOf(node.parentId);
    }
    return path.reverse();
  }

  /** The places of a message and all below it, in the order made. */
  below(id: string): number[] {
    const first = this.placeOf(id);
    if (first === -1) return [];
    const found = new Set([id]);
    const places = [first];
    for (let place = first + 1; place < this.nodes.length; place += 1) {
      const node = this.nodes[place];
      if (!node || !found.has(node.parentId)) continue;
      found.add(node.id);
      places.push(place);
    }
    return places;
  }

  /** The newest message below a message, or itself. */
  newestBelow(id: string): string | null {
    return this.idAt(this.below(id).at(-1));
  }

  /** The end of the active branch after a message and all below it were deleted; null: none is left. */
  endWithout(id: string, activeId: string | null): string | null {
    const gone = new Set(this.below(id).map((place) => this.nodes[place]?.id));
    if (activeId !== null && !gone.has(activeId)) return activeId;
    const parentId = this.nodes[this.placeOf(id)]?.parentId ?? '';
    const left = this.placeOf(parentId) === -1 ? this.allTurns() : this.below(parentId);
    return this.idAt(left.findLast((place) => !gone.has(this.nodes[place]?.id)));
  }

  /**
   * The tree without some messages: what followed one of them follows then what that followed. Ids of no
   * message and of the system prompt are ignored.
   */
  without(ids: Iterable<string>): ThinnedTree {
    const named = new Set(ids);
    const tree = new MessageTree([]);
    const gone = new Map<string, string>();
    for (const { id, parentId: above, role } of this.nodes) {
      const parentId = gone.get(above) ?? above;
      if (role !== 'system' && named.has(id)) gone.set(id, parentId);
      else tree.add({ id, parentId, role });
    }
    return { tree, gone };
  }

  /** Ids of all messages with the parent of a message, in the order made; of the system prompt its own. */
  siblingsOf(id: string): string[] {
    const node = this.nodes[this.placeOf(id)];
    if (!node || node.role === 'system') return node ? [id] : [];
    return [...(this.children.get(node.parentId) ?? [])];
  }

  private allTurns(): number[] {
    return this.nodes.flatMap(({ role }, place) => (role === 'system' ? [] : [place]));
  }

  idAt(place: number | undefined): string | null {
    return place === undefined ? null : (this.nodes[place]?.id ?? null);
  }
}

/**
 * Whether all messages of a conversation make up its active branch: then they can be read by their
 * numbers. A release without branches counts no total.
 */
export function isOneBranch({
  messageCount,
  messageTotal,
}: {
  messageCount: number;
  messageTotal: number | null;
}): boolean {
  return messageTotal === null || messageTotal <= messageCount;
}
