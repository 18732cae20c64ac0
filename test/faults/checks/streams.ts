import { formOf, formOfAnswer } from '../loop/pieces.js';
import type { Reading, Turn } from '../loop/journal.js';
import { isFromTheModel, nameOf, type Findings, type Story } from './story.js';

/** I8: every reader got each event once and in order, and the same as whoever reads it again. */
export function readersAgree(story: Story): Findings {
  return story.journal.turns.flatMap(({ talk, turn }) => [
    ...partsAreWhole(turn, story),
    // What was said in a deleted conversation is gone.
    ...(talk.fate === 'kept' ? replaysAreTheSame(turn, story) : []),
  ]);
}

/** What a reader got is a part of what the model said, from the place it asked for on. */
function partsAreWhole(turn: Turn, { model }: Story): Findings {
  return turn.readings.flatMap((reading, index) => {
    const before = turn.readings.slice(0, index).find(({ after }) => after === 0)?.tokens ?? [];
    if (before.length < reading.after && reading.after > 0) return [];
    const text = formOf([...before.slice(0, reading.after), ...reading.tokens]);
    if (isFromTheModel(text, turn, model)) return [];
    return [
      `I8 A reader of ${nameOf(turn)} got what was not said, after ${reading.after}: ${text}`,
    ];
  });
}

/** An ended stream, read again, has the same bytes but for its `id:` lines. */
function replaysAreTheSame(turn: Turn, { snapshot }: Story): Findings {
  const [id] = turn.generationIds;
  const replay = id === undefined ? undefined : snapshot.replays.get(id);
  if (!replay || turn.generationIds.size > 1) return [];
  return turn.readings.flatMap((reading) => {
    const same =
      reading.terminal && reading.after === 0 ? bytesOf(replay) === bytesOf(reading) : true;
    if (same && agree(replay, reading)) return [];
    return [`I8 ${nameOf(turn)} was read as ${reading.raw}, and again as ${replay.raw}`];
  });
}

const bytesOf = ({ raw }: Reading): string =>
  raw.replaceAll(/^id: \d+\n/gm, '').replaceAll(/^:keep-alive\n\n/gm, '');

/** Whether one is the other, or its beginning: a crash may have taken the last second. */
function agree(replay: Reading, { after, tokens }: Reading): boolean {
  return tokens.every((token, index) => {
    const stored = replay.tokens[after + index];
    return stored === undefined || stored === token;
  });
}

/** I8: a stream that ends as a whole response does has its last block. */
export function endsAreTold({ journal }: Story): Findings {
  return journal.turns
    .filter(({ turn }) => turn.readings.some(({ closed, terminal }) => closed && !terminal))
    .map(({ turn }) => `I8 A stream of ${nameOf(turn)} ended without its last block`);
}

/** I10: a replay is the record's text, and the numbers are 1, 2, 3… */
export function logsAreWhole({ snapshot }: Story): Findings {
  return [...snapshot.replays].flatMap(([id, replay]) => {
    const record = snapshot.generations.get(id);
    const numbers = [...replay.raw.matchAll(/^id: (\d+)$/gm)].map(([, number]) => Number(number));
    const findings: Findings = [];
    if (numbers.some((number, index) => number !== index + 1))
      findings.push(`I8 The events of ${id} are numbered ${numbers.join(' ')}`);
    if (!replay.terminal) findings.push(`I2 The stream of ${id} has no end: ${replay.raw}`);
    if (record && formOf(replay.tokens) !== formOfAnswer(record))
      findings.push(`I10 The log of ${id} is ${replay.raw}, its record ${JSON.stringify(record)}`);
    return findings;
  });
}
