import { formOf, formOfAnswer } from '../loop/pieces.js';
import type { Talk, Turn } from '../loop/journal.js';
import { messagesOf, nameOf, type Findings, type Story } from './story.js';

/** Status of the message by that of its generation. */
const MESSAGE_STATUS: Record<string, string> = {
  completed: 'complete',
  cancelled: 'cancelled',
  failed: 'failed',
};

/** I2: every generation has ended, and history, record and log tell the same of it. */
export function endedAlike({ snapshot }: Story): Findings {
  const running = [...snapshot.generations.values()].filter(
    (record) => record?.finished_at === null,
  );
  const alike = [...snapshot.conversations.values()].flatMap(
    ({ id, active_generation_id: active, messages, forked_from: origin }) => {
      const findings: Findings = [];
      if (active !== null) findings.push(`I2 ${active} still runs in ${id}`);
      for (const message of messages) {
        if (message.role !== 'assistant') continue;
        // A copy whose client was not answered; its answers were generated in another conversation.
        if (origin !== null && message.generation_id === null) continue;
        const record = snapshot.generations.get(message.generation_id);
        const told = JSON.stringify([message, record]);
        if (!record) findings.push(`I2 An answer has no generation: ${told}`);
        else if (message.status !== MESSAGE_STATUS[record.status])
          findings.push(`I2 Message and record ended differently: ${told}`);
        else if (formOfAnswer(message) !== formOfAnswer(record))
          findings.push(`I24 Message and record have different parts: ${told}`);
        else if (message.id !== record.message_id)
          findings.push(`I2 Message and record are not of one answer: ${told}`);
        else if (record.conversation_id !== id) findings.push(`I2 Another conversation's: ${told}`);
      }
      return findings;
    },
  );
  return [...running.map((record) => `I2 Still running: ${JSON.stringify(record)}`), ...alike];
}

/** I7: who saw `done`, or the whole answer, reads exactly that as complete. */
export function doneIsKept(story: Story): Findings {
  return story.journal.turns.flatMap(({ talk, turn }) => {
    if (talk.fate !== 'kept' || isReplaced(talk, turn)) return [];
    return seenEnds(turn).flatMap(({ generationId, text, finishReason }) => {
      const message = messagesOf(story, talk).find((each) => each.generation_id === generationId);
      const status = finishReason === 'cancelled' ? 'cancelled' : 'complete';
      if (message?.status === status && (text === null || formOfAnswer(message) === text))
        return [];
      return [
        `I7 ${nameOf(turn)} was seen done with ${JSON.stringify(text)}, stored ${JSON.stringify(message)}`,
      ];
    });
  });
}

interface SeenEnd {
  generationId: string;
  /** Its form (`pieces.ts`); null where the reader had only a part of it. */
  text: string | null;
  finishReason: string;
}

function seenEnds({ readings, whole }: Turn): SeenEnd[] {
  const streamed = readings
    .filter(({ terminal }) => terminal?.done === true)
    .map(({ after, tokens, terminal }) => ({
      generationId: terminal.generation_id,
      text: after === 0 ? formOf(tokens) : null,
      finishReason: terminal.finish_reason,
    }));
  if (!whole) return streamed;
  const { generation_id: generationId, finish_reason: finishReason } = whole;
  return [...streamed, { generationId, text: formOfAnswer(whole), finishReason }];
}

/** Whether a later attempt at the same question may have taken the answer's place. */
function isReplaced(talk: Talk, turn: Turn): boolean {
  return talk.turns.some(
    (later) => later.regenerate && later.question === turn.question && later.sentAt > turn.sentAt,
  );
}

/** I15: what a cancel said is what the record and the history say ever after. */
export function receiptsAreTrue({ journal, snapshot }: Story): Findings {
  return journal.turns.flatMap(({ talk, turn }) => {
    const { receipt } = turn;
    if (!receipt || talk.fate !== 'kept') return [];
    const record = snapshot.generations.get(receipt.id);
    const same = record?.status === receipt.status;
    if (same && formOfAnswer(record) === formOfAnswer(receipt)) return [];
    return [`I15 ${JSON.stringify(receipt)} became ${JSON.stringify(record)}`];
  });
}

/** I9: a key stands for one generation, of which the model was asked once at most. */
export function oneGenerationAKey({ journal, model }: Story): Findings {
  return journal.turns.flatMap(({ turn }) => {
    const { key, generationIds, question } = turn;
    if (key === null || question.mode === 'refused') return [];
    if (generationIds.size > 1) return [`I9 ${key} stands for ${[...generationIds].join(', ')}`];
    const again = journal.turns.filter((other) => other.turn.question === question).length - 1;
    const calls = model.callsOf(question.id);
    return calls > 1 + again ? [`I9 The model was asked ${calls} times for ${key}`] : [];
  });
}
