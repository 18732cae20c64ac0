import { setTimeout as delay } from 'node:timers/promises';
import { answer, FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { describeMongo } from '../support/mongo.js';
import { describePostgres } from '../support/postgres.js';
import { textOf } from '../support/stream-reader.js';
import { Rig, told } from './network/rig.js';
import * as subjects from './refusals/subjects.js';
import type { Subject, Turn, Write } from './refusals/subjects.js';

/** A refusal that passes: longer than what is tried at once, shorter than what is ended with less. */
const SHORT_MS = 3_000;
/** An end lands within so long of the store taking any of it. */
const LANDED_MS = 15_000;
/** The first test of some waits for the services of all to start, on one machine. */
const ALL_AT_ONCE_MS = 180_000;

/** What became of a turn whose write was refused. */
interface Seen {
  /** The last block of its stream. */
  last: any;
  /** From the refusal to that block, or to the lifting of a short one and that block. */
  ms: number;
  /** The second turn's messages in the history, the first two being the turn before. */
  history: string[];
  /** Text of the answer to the next message. */
  next: string;
}

const WHOLE = ['user complete: More', 'assistant complete: abcd'];
const DONE = { done: true, finish_reason: 'stop' };

const DURING: Write[] = [
  'conversation changed',
  'message made',
  'message changed',
  'log',
  'end',
  'end with text',
];

describeRefusals('SQLite', describe, subjects.sqlite, DURING);
describeRefusals('PostgreSQL', describePostgres, subjects.postgres, DURING);
describeRefusals('MongoDB', describeMongo, subjects.mongo, DURING);
describeRefusals('files', describe, subjects.file, ['message changed', 'end']);

function describeRefusals(
  name: string,
  describeIt: jest.Describe,
  make: () => Promise<Subject>,
  writes: readonly Write[],
): void {
  describeIt(`a write of a turn that ${name} refuses`, () => {
    const short = allAtOnce(writes, (write) => refused(make, write, SHORT_MS));
    it.each(writes)(
      'for a while (%s) loses neither question nor answer',
      async (write) => {
        const { last, history, next } = await short(write);
        expect(last).toMatchObject(DONE);
        expect(history).toEqual(WHOLE);
        expect(next).toBe('next');
      },
      ALL_AT_ONCE_MS,
    );

    const lasting = writes.filter((write) => write !== 'end');
    const long = allAtOnce(lasting, (write) => refused(make, write, null));
    it.each(lasting)(
      'for good (%s) does not keep its conversation',
      async (write) => {
        const { last, ms, history, next } = await long(write);
        expect(ms).toBeLessThan(LANDED_MS);
        expect({ last, history }).toMatchObject(AT_LAST[write] ?? {});
        expect(next).toBe('next');
      },
      ALL_AT_ONCE_MS,
    );

    it('for longer than readers wait (end) is made up for once it is taken', async () => {
      const { rig, subject, dispose } = await started(make);
      try {
        const turn = await secondTurn(rig, await firstTurn(rig));
        const { reader, conversationId, generationId, gate } = turn;
        const lift = await refuseKept(rig, subject, 'end', turn);
        gate.open();
        const events = await reader.rest();
        expect(textOf(events)).toBe('cd');
        expect(events.at(-1)?.data).toMatchObject({
          reason: 'store_unavailable',
          conversation_id: conversationId,
        });
        const url = rig.url(`generations/${generationId}`);
        expect((await getJson(url)).body).toMatchObject({ status: 'failed', response: 'abcd' });
        const receipt = await postJson(`${url}/cancel`);
        expect(receipt).toMatchObject({
          status: 200,
          body: { status: 'failed', response: 'abcd' },
        });
        await lift();
        await rig.until(
          `history/${conversationId}`,
          ({ body }) => body.active_generation_id === null,
        );
        expect(told((await getJson(rig.url(`history/${conversationId}`))).body).slice(2)).toEqual([
          'user complete: More',
          'assistant failed: abcd',
        ]);
        expect(await postJson(`${url}/cancel`)).toMatchObject({
          status: 200,
          body: { status: 'failed', response: 'abcd' },
        });
        expect(await nextAnswer(rig, conversationId)).toBe('next');
      } finally {
        await dispose();
      }
    });

    if (name !== 'files')
      it('when it is claimed tells the client, and keeps nothing', async () => {
        const { rig, subject, dispose } = await started(make);
        try {
          const lift = await subject.refuse('claim', null);
          const refusedAnswer = await postJson(rig.url('chat'), { message: 'Hi' });
          expect(refusedAnswer.status).toBe(500);
          await lift();
          expect((await getJson(rig.url('history'))).body.total).toBe(0);
          expect(await nextAnswer(rig)).toBe('next');
        } finally {
          await dispose();
        }
      });
  });
}

/** What is left of a turn whose write is refused for good. */
const AT_LAST: Partial<Record<Write, { last: object; history: string[] }>> = {
  // Not even the question can be kept: that is what its reader is told.
  'message made': { last: { reason: 'store_unavailable', conversation_id: null }, history: [] },
  'conversation changed': {
    last: { reason: 'store_unavailable', conversation_id: null },
    history: [],
  },
  'message changed': {
    last: { reason: 'store_unavailable', conversation_id: expect.any(String) },
    history: ['user complete: More', 'assistant failed: abcd'],
  },
  'end with text': {
    last: { reason: 'store_unavailable', conversation_id: expect.any(String) },
    history: ['user complete: More', 'assistant failed: '],
  },
  log: { last: DONE, history: WHOLE },
};

/** Begins all of them with the first that is asked for, each on a service of its own. */
function allAtOnce<T>(
  writes: readonly Write[],
  run: (write: Write) => Promise<T>,
): (write: Write) => Promise<T> {
  let running: Map<Write, Promise<T>> | null = null;
  return async (write) => {
    running ??= new Map(writes.map((one) => [one, run(one)]));
    for (const one of running.values()) one.catch(() => undefined);
    const own = running.get(write);
    if (!own) throw new Error(`Not run: ${write}`);
    return own;
  };
}

async function started(make: () => Promise<Subject>) {
  const subject = await make();
  const rig = await Rig.start(subject.env, await FakeOllama.start());
  const dispose = async (): Promise<void> => {
    await rig.remove();
    await subject.dispose();
  };
  return { rig, subject, dispose };
}

/** A conversation of one turn. */
async function firstTurn(rig: Rig): Promise<string> {
  rig.ollama.next(answer('first'));
  return (await postJson(rig.url('chat'), { message: 'Hi' })).body.conversation_id;
}

/** Its second turn, of which two of four tokens have been read; the rest come at the gate. */
async function secondTurn(rig: Rig, conversationId: string) {
  const gate = new Gate();
  rig.ollama.next(script().tokens('a', 'b').wait(gate).tokens('c', 'd').done());
  const reader = await rig.stream({ message: 'More', conversation_id: conversationId });
  await reader.take(2);
  const generationId = reader.response.headers.get('X-Generation-Id') ?? '';
  return { reader, gate, conversationId, generationId };
}

/** Written at the first token; the other writes of a turn come later. */
const AT_ONCE: readonly Write[] = ['message made', 'conversation changed'];

/** A turn whose write is refused: for `forMs`, or until its stream has ended. */
async function refused(
  make: () => Promise<Subject>,
  write: Write,
  forMs: number | null,
): Promise<Seen> {
  const { rig, subject, dispose } = await started(make);
  try {
    const conversationId = await firstTurn(rig);
    const early = AT_ONCE.includes(write) ? await subject.refuse(write, null) : null;
    const turn = await secondTurn(rig, conversationId);
    const lift = early ?? (await refuseKept(rig, subject, write, turn));
    const refusedAt = performance.now();
    turn.gate.open();
    if (forMs !== null) {
      await delay(forMs);
      await lift();
    }
    const last = (await turn.reader.rest()).at(-1)?.data;
    const ms = performance.now() - refusedAt;
    if (forMs === null) await lift();
    const { body } = await getJson(rig.url(`history/${conversationId}`));
    return { last, ms, history: told(body).slice(2), next: await nextAnswer(rig, conversationId) };
  } finally {
    await dispose();
  }
}

/** Refuses a write once the turn's messages are in the history, which its first token does not wait for. */
async function refuseKept(rig: Rig, subject: Subject, write: Write, turn: Turn) {
  await rig.until(`history/${turn.conversationId}`, ({ body }) => body.messages.length === 4);
  return subject.refuse(write, turn);
}

async function nextAnswer(rig: Rig, conversationId?: string): Promise<string> {
  rig.ollama.next(answer('next'));
  const { body } = await postJson(rig.url('chat'), {
    message: 'Next',
    ...(conversationId !== undefined && { conversation_id: conversationId }),
  });
  return body.response;
}
