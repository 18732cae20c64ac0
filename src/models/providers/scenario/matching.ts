import type { AskedTurn } from '../../../domain/model.js';
import type { ScenarioCondition, ScenarioReply, TextPattern } from '../../../domain/scenario.js';

/** The first reply whose conditions all hold. @param times how often this text was asked, now included */
export function matchingReply(
  replies: readonly ScenarioReply[],
  asked: AskedTurn,
  times: number,
): ScenarioReply | undefined {
  return replies.find(({ when }) => holds(when, asked, times));
}

function holds(when: ScenarioCondition, asked: AskedTurn, times: number): boolean {
  const { message, turn, toolResult } = when;
  return (
    (message === null || matches(message, asked.message ?? '')) &&
    (turn === null || turn === asked.turn) &&
    (toolResult === null || (asked.toolResults.at(-1)?.includes(toolResult) ?? false)) &&
    (when.times === null || times <= when.times)
  );
}

function matches(pattern: TextPattern, text: string): boolean {
  if (pattern.kind === 'expression') return new RegExp(pattern.source, pattern.flags).test(text);
  return text.toLowerCase().includes(pattern.text.toLowerCase());
}
