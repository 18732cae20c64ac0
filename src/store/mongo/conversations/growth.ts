import { placeKey, type Growth } from '../documents/conversation-documents.js';
import type { MessageDocument } from '../documents/message-document.js';
import { endOf, grown, packRuns, type Branch } from './branch.js';

/** New messages, which become the end of the active branch. */
interface Addition {
  /** `_id` of the conversation. */
  conversation: string;
  /** The branch that they follow. */
  parent: Branch;
  /** The first place of the tree. */
  first: number;
  /** The first and the last of their places. */
  start: number;
  last: number;
  /** Id of the last one. */
  end: string;
  /** As in `StoredTree`: `total` before, `turns` after. */
  total: number;
  turns: number;
  chain: number;
}

export function growthBy(addition: Addition): Growth {
  const { conversation, parent, first, start, last, end, total, turns, chain } = addition;
  const above = endOf(parent);
  // As long as each message follows the one at the place before it, nothing more is stored.
  const follows = above === 0 ? start === first : above === start - 1 && !parent.isLoose;
  const branch = grown(parent, start, last, follows);
  const [run = start] = branch.runs.at(-1) ?? [];
  return {
    tree: {
      turns,
      last,
      depth: branch.depth,
      total: total + last - start + 1,
      end,
      runs: packRuns(branch.runs),
      chain,
    },
    start,
    run: run === first ? null : run,
    parent: follows ? null : placeKey(conversation, above),
    above: packRuns(parent.runs),
  };
}

/** What says where a new message is in the tree; nothing of one before its start. */
export function linkIn(
  { tree, start, run, parent, above }: Growth,
  seq: number,
): Partial<MessageDocument> {
  if (seq < start) return {};
  return {
    depth: tree.depth - (tree.last - seq),
    ...(run !== null && { run }),
    ...(seq === start && parent !== null && { parent, above }),
  };
}
