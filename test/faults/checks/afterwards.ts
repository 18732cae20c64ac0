import { createHash } from 'node:crypto';
import { StreamReader } from '../../support/stream-reader.js';
import { questionText } from '../loop/scripted-answers.js';
import { ask, openStream, readOn } from '../loop/wire.js';
import { answered, inParallel } from './snapshot.js';
import { keptTurns, messagesOf, nameOf, placesOf, type Findings, type Story } from './story.js';

/** I12: what was deleted is in no list, cannot be read, and its keys say so. */
export async function deletedIsGone(story: Story, base: string): Promise<Findings> {
  const deleted = story.journal.talks.filter(({ fate }) => fate === 'deleted');
  const findings = await inParallel(deleted, async ({ conversationId, turns, label }) => {
    const id = String(conversationId);
    if (story.snapshot.conversations.has(id)) return [`I12 ${label} was deleted and is listed`];
    const { status } = await answered('GET', `${base}/api/history/${id}`);
    if (status !== 404) return [`I12 ${label} was deleted and can be read`];
    const leaks = turns.flatMap(({ generationIds }) =>
      [...generationIds].filter((each) => (story.snapshot.replays.get(each)?.terminal ?? {}).done),
    );
    return leaks.map((each) => `I12 ${each} of the deleted ${label} can be read`);
  });
  return findings.flat();
}

/** I24: each image of a message can be read with its bytes, and a question has the image that was sent. */
export async function imagesAreWhole(story: Story, base: string): Promise<Findings> {
  const messages = [...story.snapshot.conversations.values()].flatMap((each) => each.messages);
  const images = messages.flatMap((message) => message.images ?? []);
  const broken = await inParallel(images, async ({ id, url }) => {
    const response = await fetch(`${base}${url}`);
    const digest = createHash('sha256').update(Buffer.from(await response.arrayBuffer()));
    return response.status === 200 && digest.digest('hex') === id
      ? []
      : [`I24 ${url} was answered with ${response.status}`];
  });
  const missing = keptTurns(story).flatMap(({ talk, turn }) => {
    if (turn.regenerate) return [];
    const asked = messagesOf(story, talk);
    const [place] = placesOf(asked, turn);
    const sent = turn.image && createHash('sha256').update(turn.image).digest('hex');
    const kept = place === undefined ? sent : (asked[place].images?.[0]?.id ?? null);
    return kept === sent ? [] : [`I24 ${nameOf(turn)} has the image ${kept} instead of ${sent}`];
  });
  return [...broken.flat(), ...missing];
}

/** I17: the title is the acknowledged one, or one of which nobody was told. */
export function titlesStay({ journal, snapshot }: Story): Findings {
  return journal.talks.flatMap(({ title, perhapsTitles, conversationId, label }) => {
    const told = snapshot.conversations.get(conversationId ?? '')?.title;
    if (title === null || told === undefined || [title, ...perhapsTitles].includes(told)) return [];
    return [`I17 ${label} was renamed to ${title} and is called ${told}`];
  });
}

/** I3: each conversation takes the next message and answers it. */
export async function conversationsAreFree(story: Story, base: string): Promise<Findings> {
  const { conversations } = story.snapshot;
  const talks = story.journal.talks.filter(
    ({ conversationId, fate }) => fate === 'kept' && conversations.has(conversationId ?? ''),
  );
  const findings = await inParallel(talks, async (talk) => {
    const question = {
      id: `${talk.label}.${story.journal.tick()}-last`,
      tokens: 1,
      paceMs: 0,
      mode: 'whole' as const,
      beside: 'nothing' as const,
    };
    story.journal.turn(talk, question);
    const body = { message: questionText(question), conversation_id: talk.conversationId };
    const reply = await ask('POST', `${base}/api/chat`, body);
    if (reply?.status === 200) return [];
    return [`I3 ${talk.label} takes no message: ${JSON.stringify(reply?.body ?? null)}`];
  });
  return findings.flat();
}

/** I11: as many streams as are allowed run at once, and not one more. */
export async function slotsAreFree(base: string, slots: number): Promise<Findings> {
  const mode = { mode: 'whole', beside: 'nothing' } as const;
  const question = { id: '', tokens: 60, paceMs: 100, ...mode };
  const open = (n: number) =>
    openStream(`${base}/api/chat/stream`, {
      message: questionText({ ...question, id: `slots-${performance.now()}-${n}.1` }),
    });
  const streams = await Promise.all(Array.from({ length: slots }, (_, n) => open(n)));
  const running = streams.flatMap((stream) => (stream instanceof StreamReader ? [stream] : []));
  const oneMore = await open(slots);
  for (const stream of running) stream.leave();
  await Promise.all(running.map((stream) => readOn(stream)));
  if (running.length < slots) return [`I11 Only ${running.length} of ${slots} slots are free`];
  const status = oneMore instanceof StreamReader ? 200 : oneMore?.status;
  return status === 429 ? [] : [`I11 One stream above ${slots} was answered with ${status}`];
}
