import { isRecord } from '../is-record.js';
import { SCENARIO_FAILURES, type ScenarioStep } from '../../domain/scenario.js';
import type { Place } from './place.js';

const VERBS = ['thinking', 'text', 'wait', 'tool_call', 'fail', 'drop'] as const;
const FIELDS = [...VERBS, 'pace', 'repeat'] as const;
type Fields = Partial<Record<(typeof FIELDS)[number], Place>>;

/** Longest delay of a timer in Node. */
export const LONGEST_MS = 2 ** 31 - 1;
const MOST_REPEATS = 1_000_000;
const TOOL_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** The steps of a play: a text alone is one. */
export function readPlay(place: Place): ScenarioStep[] {
  if (typeof place.value === 'string') return [saying(place, 'text', {})];
  if (!Array.isArray(place.value)) place.fail('a text, or a list of steps');
  return place.items().map(readStep);
}

function readStep(place: Place): ScenarioStep {
  const fields = place.fields(FIELDS);
  const verbs = VERBS.filter((verb) => fields[verb] !== undefined);
  const [verb] = verbs;
  const value = verb && fields[verb];
  if (!value || verbs.length > 1) place.fail(`one of ${VERBS.join(', ')}`);
  if (verb === 'text' || verb === 'thinking') return saying(value, verb, fields);
  const beside = fields.pace ?? fields.repeat;
  if (beside) beside.fail('only beside text or thinking');
  if (verb === 'wait') return { does: 'wait', ms: waited(value) };
  if (verb === 'tool_call') return calling(value);
  if (verb === 'fail') return { does: 'fail', reason: value.oneOf(SCENARIO_FAILURES) };
  return { does: 'drop', whom: value.oneOf(['model', 'reader']) };
}

function saying(place: Place, as: 'text' | 'thinking', { pace, repeat }: Fields): ScenarioStep {
  const tokens =
    typeof place.value === 'string'
      ? place.value
      : Array.isArray(place.value)
        ? place.items().map((item) => item.text())
        : place.fail('a text, or a list of texts');
  return {
    does: 'say',
    as,
    tokens,
    paceMs: pace?.whole(0, LONGEST_MS) ?? null,
    repeat: repeat?.whole(1, MOST_REPEATS) ?? 1,
  };
}

const WAIT = /^(\d{1,10}(?:\.\d{1,3})?) ?(ms|s)$/;

function waited(place: Place): number | null {
  const { value } = place;
  if (value === 'forever') return null;
  const [, digits, unit] = (typeof value === 'string' && WAIT.exec(value)) || [];
  const ms = digits === undefined ? value : Math.round(Number(digits) * (unit === 's' ? 1000 : 1));
  const isTime = typeof ms === 'number' && Number.isInteger(ms) && ms >= 0 && ms <= LONGEST_MS;
  return isTime ? ms : place.fail('a time such as 700ms, 2s or 700 (milliseconds), or forever');
}

function calling(place: Place): ScenarioStep {
  const fields = place.fields(['name', 'arguments']);
  const named = place.required(fields, 'name');
  const name = named.text();
  if (!TOOL_NAME.test(name)) named.fail('1 to 64 letters, digits, _ or -');
  const given = fields.arguments?.value ?? {};
  if (!isRecord(given)) return place.required(fields, 'arguments').fail('a mapping');
  return { does: 'call', name, arguments: given };
}
