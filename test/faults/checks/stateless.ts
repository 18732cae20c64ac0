import { complete, type Completion } from '../loop/completions.js';
import type { FeedFollower } from '../loop/feed-follower.js';
import { formOf, formOfAnswer } from '../loop/pieces.js';
import { answerPieces } from '../loop/scripted-answers.js';
import type { AskedCompletion, StatelessClient } from '../loop/stateless-client.js';
import { inParallel } from './snapshot.js';
import type { Findings, Story } from './story.js';

/** Refusals of a request that nothing was begun for, and that its client may simply send again. */
const HELD = ['generation_exists', 'idempotency_mismatch', 'streams_limit'];

/** What of a chat completion holds once the storm is over, before anything more is asked. */
export function statelessEnds(story: Story, clients: readonly StatelessClient[]): Findings {
  return clients.flatMap(({ asked }) =>
    asked.flatMap((each) => [
      ...hasEnded(story, each),
      ...saidByTheModel(story, each),
      ...receiptIsTrue(story, each),
    ]),
  );
}

/** I2, I7: of whatever a client saw a piece the record has a true end, which says what the client saw. */
function hasEnded({ snapshot }: Story, asked: AskedCompletion): Findings {
  const { seen } = asked;
  if (!seen) return [];
  const record = snapshot.generations.get(seen.id);
  const say = (what: string): Findings => [
    `${what}: ${nameOf(asked)}, ${JSON.stringify(record ?? null)}`,
  ];
  if (!record) return say('I2 A generation of which a piece was seen is gone');
  const { conversation_id: conversation, message_id: message, status } = record;
  if (!['completed', 'cancelled', 'failed'].includes(status)) return say('I2 No true end');
  if (conversation !== null || message !== null || record.message !== null)
    return say('I32 A generation without a conversation has one');
  const form = formOfAnswer(record);
  return asked.completions
    .filter(({ id, pieces, isDone }) => id === seen.id && (isDone || pieces.length > 0))
    .flatMap((told) => {
      const { isDone, finishReason, error } = told;
      if (isDone && status !== (finishReason === 'cancelled' ? 'cancelled' : 'completed'))
        return say('I7 Seen as ended otherwise');
      if (error !== null && status !== 'failed') return say('I7 Seen as failed');
      if (isDone && told.form !== form) return say('I7 Seen with another text');
      // A crash may have taken the last second.
      const agrees = form.startsWith(told.form) || told.form.startsWith(form);
      return agrees ? [] : say('I10 What was seen is not what is stored');
    });
}

/** I24, I8: whoever read it, in whichever format, read what the model said, from its beginning on. */
function saidByTheModel({ model, snapshot }: Story, asked: AskedCompletion): Findings {
  const { question, completions, followed } = asked;
  const variants = Array.from({ length: model.callsOf(question.id) }, (_, call) =>
    formOf(answerPieces(question, call + 1)),
  );
  const records = [...asked.ids].flatMap((id) => snapshot.generations.get(id) ?? []);
  const forms = [
    ...completions.map(({ form }) => form),
    ...followed.map(({ tokens }) => formOf(tokens)),
    ...records.map(formOfAnswer),
  ];
  const isSaid = (form: string) => form === '' || variants.some((all) => all.startsWith(form));
  const untold = completions.filter(
    ({ isClosed, isDone, error }) => isClosed && !isDone && error === null,
  );
  const formless = completions.filter(({ error }) => error !== null && !isOpenAiError(error));
  return [
    ...(forms.every(isSaid) ? [] : [`I24 Not what the model said: ${nameOf(asked)}`]),
    ...untold.map(() => `I8 A stream ended without its end: ${nameOf(asked)}`),
    ...formless.map(({ raw }) => `I20 No error of this API: ${raw}`),
  ];
}

const isOpenAiError = ({ message, type, code, reason }: any): boolean =>
  [message, type, code, reason].every((field) => typeof field === 'string');

/** I15: what a cancel said is what the record says ever after. */
function receiptIsTrue({ snapshot }: Story, asked: AskedCompletion): Findings {
  const { receipt } = asked;
  if (!receipt) return [];
  const record = snapshot.generations.get(receipt.id);
  if (record?.status === receipt.status && formOfAnswer(record) === formOfAnswer(receipt))
    return [];
  return [`I15 ${JSON.stringify(receipt)} became ${JSON.stringify(record ?? null)}`];
}

/** I32: neither the history nor the feed knows anything of it. */
export function statelessIsNotKept(
  { snapshot }: Story,
  clients: readonly StatelessClient[],
  followers: readonly FeedFollower[],
): Findings {
  const told = followers.flatMap((follower) => follower.told.map((change) => change.generationId));
  const generations = new Set(told);
  return clients.flatMap(({ name, asked }) => {
    const kept = [...snapshot.conversations.values()].filter((conversation) =>
      JSON.stringify(conversation).includes(`${name}-`),
    );
    const changes = asked.flatMap(({ ids }) => [...ids]).filter((id) => generations.has(id));
    return [
      ...kept.map(({ id }) => `I32 ${name} keeps its conversations itself, and ${id} has one`),
      ...changes.map((id) => `I32 The feed tells of ${id}, which has no conversation`),
    ];
  });
}

/** I9, I32: its key is free or stands for what was seen, in any process: the same bytes, or the error. */
export async function statelessIsRepeated(
  { model, snapshot }: Story,
  clients: readonly StatelessClient[],
  bases: readonly string[],
): Promise<Findings> {
  const keyed = clients.flatMap(({ asked }) => asked.filter(({ key }) => key !== null));
  const findings = await inParallel(keyed, async (asked) => {
    const [base = ''] = bases.slice(keyed.indexOf(asked) % bases.length);
    const again = await complete(base, asked.body, asked.headers);
    const say = (what: string): Findings => [`${what}: ${nameOf(asked)}, ${tellOf(again)}`];
    if (!again || (!again.isDone && again.error === null)) return say('I9 No answer to a retry');
    if (HELD.includes(again.error?.reason)) return say('I9 A key that is not free');
    const { seen } = asked;
    if (!seen) return [];
    if (again.id !== seen.id) return say('I9 Another generation');
    if (model.callsOf(asked.question.id) !== seen.calls) return say('I9 The model was asked again');
    // Of an answer that was cut before any of it was stored the retry has a status of its own.
    const failure = snapshot.generations.get(seen.id)?.error ?? null;
    if (again.error?.reason !== failure?.reason) return say('I9 Another end than the record has');
    const same = asked.completions
      .filter(({ id }) => id === seen.id)
      .every((told) => isSame(told, again));
    return same ? [] : say('I8 A retry has other bytes');
  });
  return findings.flat();
}

/** What was read to its end has the same bytes; of what was cut, what both have is the same. */
function isSame(told: Completion, again: Completion): boolean {
  const isStreamed = told.pieces.length > 0 || told.raw.startsWith('data: ');
  if (told.status !== 200 || again.status !== 200)
    // An error that was told while the generation ran on another process tells of itself alone.
    return told.isDone ? false : told.error === null || told.error.reason === again.error?.reason;
  if (!isStreamed || told.isDone || told.error !== null) return told.raw === again.raw;
  const blocks = again.raw.split('\n\n');
  return told.raw
    .split('\n\n')
    .slice(0, Math.min(told.pieces.length, again.pieces.length))
    .every((block, at) => block === blocks[at]);
}

const tellOf = (told: Completion | null): string => JSON.stringify(told).slice(0, 1_500);

function nameOf({ question, ids, key, completions, receipt, seen, followed }: AskedCompletion) {
  const told = completions.map(({ status, id, pieces, finishReason, isDone, error, isClosed }) => ({
    ...{ status, id, pieces: pieces.length, finishReason, isDone, isClosed, error },
  }));
  const readers = followed.map(({ tokens, terminal }) => ({ got: tokens.length, terminal }));
  const facts = { key, ids: [...ids], seen, told, readers, receipt };
  return `${question.id} ${question.mode} ${JSON.stringify(facts)}`;
}
