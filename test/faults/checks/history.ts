import { checkGlimpse } from '../loop/glimpse.js';
import { formOfAnswer } from '../loop/pieces.js';
import {
  answerAfter,
  isFromTheModel,
  keptTurns,
  messagesOf,
  nameOf,
  placesOf,
  type Findings,
  type Story,
} from './story.js';

/** I1: whoever was told that a message is being answered finds it in the history. */
export function acknowledgedIsThere(story: Story): Findings {
  return keptTurns(story).flatMap(({ talk, turn }) => {
    const places = placesOf(messagesOf(story, talk), turn);
    return places.length > 0 ? [] : [`I1 ${nameOf(turn)} was acknowledged and is not there`];
  });
}

/** I4: no message stands in the history twice, neither by its text nor by its id. */
export function nothingTwice({ snapshot, journal }: Story): Findings {
  const findings: Findings = [];
  const ids = new Set<string>();
  const questions = new Set<string>();
  for (const { messages, forked_from: origin } of snapshot.conversations.values()) {
    for (const { id, role, content } of messages) {
      if (ids.has(id)) findings.push(`I4 Message ${id} is there twice`);
      ids.add(id);
      // A copy has the questions of its original.
      if (role !== 'user' || origin !== null) continue;
      if (questions.has(content)) findings.push(`I4 A question is there twice: ${content}`);
      questions.add(content);
    }
  }
  const talks = new Map<string, string>();
  for (const { label, conversationId } of journal.talks) {
    if (conversationId === null) continue;
    const other = talks.get(conversationId);
    if (other !== undefined) findings.push(`I4 ${label} and ${other} are one conversation`);
    talks.set(conversationId, label);
  }
  return findings;
}

/** I5: as many messages as it says, question and answer in turn, in the order they were sent. */
export function inOrder(story: Story): Findings {
  const shapes = [...story.snapshot.conversations.values()].flatMap(checkGlimpse);
  const orders = story.journal.talks.flatMap((talk) => {
    const messages = messagesOf(story, talk);
    const placed = talk.turns
      .filter(({ regenerate }) => !regenerate)
      .flatMap((turn) => placesOf(messages, turn).map((place) => ({ turn, place })));
    return placed.flatMap((first) =>
      placed
        .filter(({ turn }) => first.turn.takenAt !== null && first.turn.takenAt < turn.sentAt)
        .filter(({ place }) => place < first.place)
        .map(({ turn }) => `I5 ${nameOf(turn)} stands before ${nameOf(first.turn)}`),
    );
  });
  return [...shapes, ...orders];
}

/** What the service said before anything was begun. */
const NOTHING_BEGAN = [
  'conversation_busy',
  'generation_exists',
  'conversation_not_found',
  'streams_limit',
  // Results of calls that are not open any more.
  'validation',
];

/** I14: of a try that failed before its first token, and of a refused one, nothing is kept. */
export function refusedLeavesNothing(story: Story): Findings {
  return story.journal.turns.flatMap(({ talk, turn }) => {
    const { refusal, takenAt, regenerate, question } = turn;
    if (!refusal || takenAt !== null || regenerate) return [];
    const failed = question.mode === 'refused' && refusal.reason === 'model_unavailable';
    if (!failed && !NOTHING_BEGAN.includes(refusal.reason)) return [];
    if (placesOf(messagesOf(story, talk), turn).length === 0) return [];
    return [`I14 ${nameOf(turn)} was refused (${refusal.reason}) and is in the history`];
  });
}

/** I24: no answer holds what the model did not say, or says as another kind what it said. */
export function answersAreTheModels(story: Story): Findings {
  return story.journal.turns.flatMap(({ talk, turn }) => {
    const messages = messagesOf(story, talk);
    return placesOf(messages, turn).flatMap((place) => {
      const answer = answerAfter(messages, place);
      if (!answer || isFromTheModel(formOfAnswer(answer), turn, story.model)) return [];
      return [`I24 The answer to ${nameOf(turn)} is not the model's: ${JSON.stringify(answer)}`];
    });
  });
}
