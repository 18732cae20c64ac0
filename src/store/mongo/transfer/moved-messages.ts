import type { Message } from '../../../domain/conversation.js';
import type { MovedConversation } from '../../history-transfer.js';
import { MovedPlaces } from '../../rules/moved-places.js';
import {
  EMPTY,
  grown,
  packRuns,
  unpackRuns,
  type Branch,
  type Run,
} from '../conversations/branch.js';
import { owned, placeKey, type StoredTree } from '../documents/conversation-documents.js';
import { endedDocument, type MessageDocument } from '../documents/message-document.js';

/** What of a message those below it need to know. */
interface Placed {
  seq: number;
  /** Where its run begins. */
  run: number;
}

/** The messages of a moved conversation at their places, from 1; the system prompt has none. */
export class PlacedMessages {
  private readonly placed = new Map<string, Placed>();
  /** Of each run: the branch above it, as far as it is stored. */
  private readonly above = new Map<number, Branch>();
  private readonly conversation: string;
  private last = 0;
  private latest: Placed | undefined;
  private readonly places: MovedPlaces;

  constructor(moved: Pick<MovedConversation, 'ownerId' | 'id'>) {
    this.conversation = owned(moved.ownerId, moved.id);
    this.places = new MovedPlaces(moved.id);
  }

  /** Not for the system prompt. */
  next(message: Message): MessageDocument {
    const { parentId, depth } = this.places.next(message);
    const seq = (this.last += 1);
    const follows = parentId === null;
    const parent = follows ? this.latest : this.placed.get(parentId);
    const run = follows ? (parent?.run ?? seq) : seq;
    if (!this.above.has(run)) this.above.set(run, stored(this.branchTo(parent)));
    this.latest = { seq, run };
    this.placed.set(message.id, this.latest);
    return {
      ...endedDocument(this.conversation, seq, message),
      depth,
      ...(run !== 1 && { run }),
      ...(!follows && {
        parent: placeKey(this.conversation, parent?.seq ?? 0),
        above: packRuns(this.branchTo(parent).runs),
      }),
    };
  }

  /** The tree with this active end. */
  tree(activeId: string | null, turns: number): StoredTree {
    const end = activeId === null ? undefined : this.placed.get(activeId);
    const { runs, depth } = this.branchTo(end);
    const { last } = this;
    return {
      turns,
      last,
      depth,
      total: last,
      end: end ? activeId : null,
      runs: packRuns(runs),
      chain: 0,
    };
  }

  private branchTo(end: Placed | undefined): Branch {
    if (!end) return EMPTY;
    return grown(this.above.get(end.run) ?? EMPTY, end.run, end.seq, false);
  }
}

/** Only so many runs of a long branch are kept. */
function stored({ runs, depth }: Branch): Branch {
  const kept: Run[] = unpackRuns(packRuns(runs));
  return { runs: kept, depth };
}
