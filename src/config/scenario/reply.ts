import type { Usage } from '../../domain/conversation.js';
import type {
  ScenarioCondition,
  ScenarioReply,
  ScenarioStep,
  TextPattern,
} from '../../domain/scenario.js';
import type { Place } from './place.js';
import { readPlay } from './step.js';

const MOST = 1_000_000_000;
const ALWAYS: ScenarioCondition = { message: null, turn: null, toolResult: null, times: null };

export function readReply(place: Place): ScenarioReply {
  const fields = place.fields(['when', 'play', 'finish', 'usage']);
  const play = readPlay(place.required(fields, 'play'));
  return {
    when: fields.when ? readCondition(fields.when) : ALWAYS,
    play,
    finish: fields.finish ? readFinish(fields.finish, play) : 'stop',
    usage: readUsage(place, fields.usage),
  };
}

function readCondition(place: Place): ScenarioCondition {
  const fields = place.fields(['message', 'turn', 'tool_result', 'times']);
  return {
    message: fields.message ? readPattern(fields.message) : null,
    turn: fields.turn?.whole(1, MOST) ?? null,
    toolResult: fields.tool_result?.text() ?? null,
    times: fields.times?.whole(1, MOST) ?? null,
  };
}

/** Flags `g` and `y` would make a pattern remember its last match. */
const EXPRESSION = /^\/(.+)\/([dimsuv]*)$/s;

function readPattern(place: Place): TextPattern {
  const text = place.text();
  const [, source, flags = ''] = EXPRESSION.exec(text) ?? [];
  if (source === undefined) return { kind: 'part', text };
  try {
    new RegExp(source, flags);
  } catch {
    place.fail('a text, or a regular expression in / / with the flags d, i, m, s, u or v');
  }
  return { kind: 'expression', source, flags };
}

/** An answer that calls tools ends as `tool_calls` unless its length ended it. */
function readFinish(place: Place, play: readonly ScenarioStep[]): 'stop' | 'length' {
  const calls = play.some(({ does }) => does === 'call');
  const finish = place.oneOf(['stop', 'length', 'tool_calls']);
  if (finish === 'length') return 'length';
  if (finish === 'stop' && calls) place.fail('tool_calls or length, since the play calls a tool');
  if (finish === 'tool_calls' && !calls) place.fail('stop or length, since the play calls no tool');
  return 'stop';
}

function readUsage(reply: Place, place: Place | undefined): Usage | 'counted' | null {
  if (!place) return isNull(reply, 'usage') ? null : 'counted';
  const fields = place.fields(['prompt_tokens', 'completion_tokens']);
  return {
    promptTokens: place.required(fields, 'prompt_tokens').whole(0, 2 ** 31 - 1),
    completionTokens: place.required(fields, 'completion_tokens').whole(0, 2 ** 31 - 1),
  };
}

/** Elsewhere a field that is null is one that is left out. */
function isNull(place: Place, name: string): boolean {
  return place.mapping().some(([field, { value }]) => field === name && value === null);
}
