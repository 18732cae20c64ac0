import type { Journal, Talk, Turn } from '../loop/journal.js';
import { formOf } from '../loop/pieces.js';
import { answerPieces, questionsIn, type ScriptedAnswers } from '../loop/scripted-answers.js';
import type { Snapshot } from './snapshot.js';

/** All that a check looks at: what clients were told, what the service says now, what was asked of the model. */
export interface Story {
  journal: Journal;
  snapshot: Snapshot;
  model: ScriptedAnswers;
}

/** What does not hold, each beginning with the number of its invariant. */
export type Findings = string[];

/** A conversation's messages; none where there is no conversation. */
export function messagesOf({ snapshot }: Story, talk: Talk): any[] {
  return snapshot.conversations.get(talk.conversationId ?? '')?.messages ?? [];
}

/** Where the question of a turn stands among the messages. */
export function placesOf(messages: any[], turn: Turn): number[] {
  return messages.flatMap((message, index) =>
    ['user', 'tool'].includes(message.role) &&
    questionsIn(message.content)[0]?.id === turn.question.id
      ? [index]
      : [],
  );
}

/**
 * Turns that have to be in the history: taken, not taken back, and nobody asked to delete them. One
 * that fails before its first token may have been taken (202) and is not kept.
 */
export function keptTurns({ journal }: Story): { talk: Talk; turn: Turn }[] {
  return journal.turns.filter(({ talk, turn }) => {
    if (talk.fate !== 'kept' || turn.takenAt === null) return false;
    return turn.question.mode !== 'refused' && !isTakenBack(turn);
  });
}

/** Whether the client was told that nothing of it is kept. */
const isTakenBack = ({ readings }: Turn): boolean =>
  readings.some(
    ({ terminal }) => terminal?.error !== undefined && terminal.conversation_id === null,
  );

/** The answer to the question at a place: results of other calls may stand between. */
export function answerAfter(messages: any[], place: number): any {
  return messages.slice(place).find(({ role }) => role === 'assistant');
}

/** Whether a form (`pieces.ts`) is the beginning of one of the answers that the model gave to this question. */
export function isFromTheModel(form: string, turn: Turn, model: ScriptedAnswers): boolean {
  const calls = model.callsOf(turn.question.id);
  const variants = Array.from({ length: calls }, (_, call) =>
    formOf(answerPieces(turn.question, call + 1)),
  );
  return form === '' || variants.some((whole) => whole.startsWith(form));
}

/** A turn for people, with all that its client was told. */
export function nameOf(turn: Turn): string {
  const { question, regenerate, generationIds, readings, image: _image, ...told } = turn;
  const read = readings.map(({ after, tokens, terminal }) => ({
    after,
    got: tokens.length,
    terminal,
  }));
  const facts = JSON.stringify({ ...told, generations: [...generationIds], read });
  return `${question.id}${regenerate ? ' (again)' : ''} ${facts}`;
}
