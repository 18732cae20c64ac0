import type { MessageStatus } from '../../../src/domain/conversation.js';
import type { GenerationEnd } from '../../../src/domain/generation.js';

/**
 * The rules of a turn, as cases. `test/contract/rules.spec.ts` holds the functions of `src/store/rules`
 * against them, and `rules.ts` beside this file every store, through its port: SQL and MongoDB follow
 * the same rules in statements of their own.
 */

export type Lock = 'key' | 'id' | 'conversation' | 'slots';

export interface ClaimCase {
  /** What of the claim another generation holds, each another one. */
  taken: Lock[];
  outcome: 'claimed' | 'idempotent' | 'generation_exists' | 'conversation_busy' | 'slots_taken';
}

export const CLAIM_CASES: ClaimCase[] = [
  { taken: [], outcome: 'claimed' },
  { taken: ['slots'], outcome: 'slots_taken' },
  { taken: ['conversation'], outcome: 'conversation_busy' },
  { taken: ['conversation', 'slots'], outcome: 'conversation_busy' },
  { taken: ['id'], outcome: 'generation_exists' },
  { taken: ['id', 'slots'], outcome: 'generation_exists' },
  { taken: ['id', 'conversation'], outcome: 'generation_exists' },
  { taken: ['id', 'conversation', 'slots'], outcome: 'generation_exists' },
  { taken: ['key'], outcome: 'idempotent' },
  { taken: ['key', 'slots'], outcome: 'idempotent' },
  { taken: ['key', 'conversation'], outcome: 'idempotent' },
  { taken: ['key', 'conversation', 'slots'], outcome: 'idempotent' },
  { taken: ['key', 'id'], outcome: 'idempotent' },
  { taken: ['key', 'id', 'slots'], outcome: 'idempotent' },
  { taken: ['key', 'id', 'conversation'], outcome: 'idempotent' },
  { taken: ['key', 'id', 'conversation', 'slots'], outcome: 'idempotent' },
];

/** Which of three slots are taken, and which one a claim gets. */
export const SLOT_CASES = [
  { taken: [], gets: 1 },
  { taken: [1], gets: 2 },
  { taken: [2], gets: 1 },
  { taken: [1, 2], gets: 3 },
  { taken: [1, 3], gets: 2 },
  { taken: [1, 2, 3], gets: null },
] as const;

type Ended = GenerationEnd['status'];

export interface EndCase {
  /** `opening`: the turn opens its conversation; `regeneration`: it answers the last message anew. */
  turn: 'opening' | 'reply' | 'regeneration';
  /** Whether the turn was messages before the end. */
  begun: boolean;
  status: Ended;
  response: string;
  /** Whether the end asks for the turn to be in the history. */
  keep: boolean;
  /** Status of the answer's message afterwards; null: the turn is not in the history. */
  message: MessageStatus | null;
  /** Whether its public id and its idempotency key stay taken. */
  holdsIds: boolean;
}

const row = (
  turn: EndCase['turn'],
  begun: 'begun' | 'staged',
  status: Ended,
  response: string,
  keep: 'keep' | 'drop',
  message: MessageStatus | null,
  ids: 'held' | 'free',
): EndCase => ({
  turn,
  begun: begun === 'begun',
  status,
  response,
  keep: keep === 'keep',
  message,
  holdsIds: ids === 'held',
});

export const END_CASES: EndCase[] = [
  row('opening', 'staged', 'completed', 'Yes', 'keep', 'complete', 'held'),
  row('opening', 'staged', 'completed', '', 'keep', 'complete', 'held'),
  row('opening', 'staged', 'cancelled', 'Ye', 'keep', 'cancelled', 'held'),
  row('opening', 'staged', 'cancelled', '', 'keep', 'cancelled', 'held'),
  row('opening', 'staged', 'failed', 'Ye', 'keep', 'failed', 'held'),
  row('opening', 'staged', 'failed', '', 'keep', 'failed', 'held'),
  row('opening', 'staged', 'failed', '', 'drop', null, 'free'),
  row('opening', 'begun', 'completed', 'Yes', 'keep', 'complete', 'held'),
  row('opening', 'begun', 'cancelled', '', 'keep', 'cancelled', 'held'),
  row('opening', 'begun', 'failed', '', 'drop', 'failed', 'held'),
  row('reply', 'staged', 'completed', 'Yes', 'keep', 'complete', 'held'),
  row('reply', 'staged', 'cancelled', '', 'keep', 'cancelled', 'held'),
  row('reply', 'staged', 'failed', '', 'drop', null, 'free'),
  row('reply', 'begun', 'failed', 'Ye', 'keep', 'failed', 'held'),
  row('regeneration', 'staged', 'completed', 'Yes', 'keep', 'complete', 'held'),
  row('regeneration', 'staged', 'completed', '', 'keep', null, 'held'),
  row('regeneration', 'staged', 'cancelled', 'Ye', 'keep', 'cancelled', 'held'),
  row('regeneration', 'staged', 'cancelled', '', 'keep', null, 'held'),
  row('regeneration', 'staged', 'failed', 'Ye', 'keep', 'failed', 'held'),
  row('regeneration', 'staged', 'failed', '', 'keep', null, 'held'),
  row('regeneration', 'staged', 'failed', '', 'drop', null, 'free'),
  row('regeneration', 'begun', 'cancelled', '', 'keep', 'cancelled', 'held'),
  row('regeneration', 'begun', 'failed', '', 'drop', 'failed', 'held'),
];

/** An answer whose message has not got its end: its log, its generation's end, and how it reads. */
export const READ_CASES: {
  log: string[];
  end: { status: Ended; response: string } | null;
  reads: { content: string; status: MessageStatus; seq: number | null };
}[] = [
  { log: [], end: null, reads: { content: '', status: 'streaming', seq: 0 } },
  { log: ['a', 'b'], end: null, reads: { content: 'ab', status: 'streaming', seq: 2 } },
  {
    log: ['a'],
    end: { status: 'completed', response: 'abc' },
    reads: { content: 'abc', status: 'complete', seq: null },
  },
  {
    log: ['a', 'b'],
    end: { status: 'cancelled', response: '' },
    reads: { content: 'ab', status: 'cancelled', seq: null },
  },
  {
    log: ['a'],
    end: { status: 'failed', response: '' },
    reads: { content: 'a', status: 'failed', seq: null },
  },
];

/** Runs of tokens as they are appended, several at once in the order given, and what is stored then. */
export const LOG_CASES: {
  name: string;
  appended: [firstSeq: number, ...tokens: string[]][][];
  tokens: string[];
}[] = [
  { name: 'nothing', appended: [], tokens: [] },
  {
    name: 'one run after the other',
    appended: [[[1, 'a', 'b']], [[3, 'c']]],
    tokens: ['a', 'b', 'c'],
  },
  { name: 'the same run again', appended: [[[1, 'a', 'b']], [[1, 'a', 'b']]], tokens: ['a', 'b'] },
  { name: 'a run that has grown', appended: [[[1, 'a']], [[1, 'a', 'b']]], tokens: ['a', 'b'] },
  { name: 'a shorter one later', appended: [[[1, 'a', 'b']], [[1, 'a']]], tokens: ['a', 'b'] },
  {
    name: 'a run from another number on',
    appended: [[[1, 'a', 'b', 'c']], [[2, 'b', 'c', 'd']]],
    tokens: ['a', 'b', 'c', 'd'],
  },
  {
    name: 'a run that is contained in another',
    appended: [[[1, 'a', 'b', 'c']], [[2, 'b']], [[4, 'd']]],
    tokens: ['a', 'b', 'c', 'd'],
  },
  {
    name: 'two runs of one number at once',
    appended: [
      [
        [1, 'a'],
        [1, 'a', 'b'],
      ],
    ],
    tokens: ['a', 'b'],
  },
];
