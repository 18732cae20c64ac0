import type { Message } from '../../src/domain/conversation.js';
import type { LogBatch } from '../../src/domain/generation.js';
import { said } from './store/scene.js';
import { obstacleTo, slotFor } from '../../src/store/rules/claim.js';
import { commitsTurn, currentAnswer, holdsIds, STATUS_OF_END } from '../../src/store/rules/end.js';
import { above, eventsAbove, lastSeq, longestRuns, writtenIn } from '../../src/store/rules/log.js';
import {
  CLAIM_CASES,
  END_CASES,
  LOG_CASES,
  READ_CASES,
  SLOT_CASES,
  type Lock,
} from './store/rule-cases.js';

/** The cases of every store, held against the functions that those of one process call. */
describe('the rules of a turn', () => {
  it.each(CLAIM_CASES)('a claim that finds $taken taken is $outcome', ({ taken, outcome }) => {
    const holder = (lock: Lock) => (taken.includes(lock) ? lock : null);
    const obstacle = obstacleTo({
      idempotencyKey: holder('key'),
      publicId: holder('id'),
      conversation: holder('conversation'),
    });
    const slot = slotFor(['one'], () => taken.includes('slots'));
    expect(obstacle?.outcome ?? (slot === 'slots_taken' ? slot : 'claimed')).toBe(outcome);
    expect(obstacle?.holder ?? taken[0]).toBe(taken[0]);
  });

  it.each(SLOT_CASES)('of three slots with $taken taken a claim gets $gets', ({ taken, gets }) => {
    const isTaken = (slot: string) => taken.some((number) => String(number) === slot);
    expect(slotFor(['1', '2', '3'], isTaken)).toEqual(
      gets === null ? 'slots_taken' : { slot: String(gets) },
    );
  });

  it.each(END_CASES)('%j', ({ turn, begun, status, response, keep, message, holdsIds: ids }) => {
    const messages = turn === 'regeneration' ? [] : [said('user', 'Hello')];
    const end = { commit: keep, response, parts: null };
    const isCommitted = begun || commitsTurn({ stateless: false, messages }, end);
    expect(isCommitted ? STATUS_OF_END[status] : null).toBe(message);
    expect(holdsIds({ commit: keep }, isCommitted)).toBe(ids);
  });

  it.each([true, false])('a stateless one without a text is committed: %j', (commit) => {
    const end = { commit, response: '', parts: null };
    expect(commitsTurn({ stateless: true, messages: [] }, end)).toBe(commit);
  });

  it.each(READ_CASES)('%j', ({ log, end, reads }) => {
    const stored: Message = {
      id: 'm',
      clientId: null,
      parentId: 'q',
      role: 'assistant',
      content: '',
      createdAt: 0,
      status: 'streaming',
      model: 'llama2',
      finishReason: null,
      usage: null,
      parts: null,
      images: null,
      toolAnswer: null,
      generationId: 'g',
      seq: null,
    };
    const { status, response } = end ?? { status: 'running' as const, response: '' };
    const generation = { status, response, parts: null, finishReason: null, usage: null };
    const runs = log.length > 0 ? [{ key: 'g', firstSeq: 1, tokens: log }] : [];
    expect(currentAnswer(stored, generation, runs)).toMatchObject(reads);
    expect(currentAnswer(stored, null, runs)).toMatchObject({
      content: log.join(''),
      status: 'failed',
    });
  });

  it.each(LOG_CASES)('a log of $name', ({ appended, tokens }) => {
    const runs = appended.flat().map(([firstSeq, ...texts]) => run(firstSeq, texts));
    // A store that reads before it writes, as those of one process do.
    const written: LogBatch[] = [];
    for (const one of runs) written.push(...[above(one, lastSeq(written)) ?? []].flat());
    expect(writtenIn(written).response).toBe(tokens.join(''));
    expect(lastSeq(written)).toBe(tokens.length);
    // One that stores runs by their first number, and makes them one when they are read.
    const inOrder = longestRuns(runs).sort((a, b) => a.firstSeq - b.firstSeq);
    for (let after = 0; after <= tokens.length; after += 1)
      expect(eventsAbove(inOrder, after).flatMap((one) => one.tokens)).toEqual(tokens.slice(after));
  });
});

function run(firstSeq: number, tokens: string[]): LogBatch {
  return { key: 'g', firstSeq, tokens };
}
