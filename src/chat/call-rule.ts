import type { JsonSchema } from '../domain/json-schema.js';
import type { ModelEnd, Tool, TokenSink } from '../domain/model.js';

/** What a client demands of the tool calls of an answer. */
export interface CallRule {
  /** The tools of which it must call one; none: it need not call any. */
  readonly required: readonly Tool[];
  /** Whether it may call one at most. */
  readonly single: boolean;
}

/** A sink that keeps a rule, and what is left to do when the model has ended. */
interface RuledSink {
  sink: TokenSink;
  ended(end: ModelEnd): ModelEnd;
}

/** Sees to it that an answer keeps the rule. */
export function ruled(sink: TokenSink, rule: CallRule | null): RuledSink {
  const limited = rule?.single ? firstCallOnly(sink) : sink;
  if (!rule || rule.required.length === 0) return { sink: limited, ended: (end) => end };
  let text = '';
  return {
    sink: { ...forwarded(limited), token: (piece) => (text += piece) },
    ended: (end) => {
      const call = callIn(text);
      if (call) limited.toolCall({ id: null, ...call });
      else if (text !== '') limited.token(text);
      limited.flush();
      return end;
    },
  };
}

/** The format in which a model that is shown no tools answers with a call of one of these. */
export function formatOfCall(tools: readonly Tool[]): JsonSchema {
  const $defs: Record<string, unknown> = {};
  const anyOf = tools.map(({ name, parameters }, index) => {
    const own = `tool_${String(index)}`;
    const given = parameters ?? { type: 'object' };
    // Its references are relative to itself: they stay so, wherever it stands.
    if (JSON.stringify(given).includes('"$ref"')) $defs[own] = below(given, `#/$defs/${own}`);
    return {
      type: 'object',
      properties: {
        name: { type: 'string', const: name },
        arguments: own in $defs ? { $ref: `#/$defs/${own}` } : given,
      },
      required: ['name', 'arguments'],
      additionalProperties: false,
    };
  });
  const [only] = anyOf;
  const one = anyOf.length === 1 && only ? only : { anyOf };
  return Object.keys($defs).length === 0 ? one : { ...one, $defs };
}

/** What such a model is told. */
export function toldOfCall(tools: readonly Tool[]): string {
  const list = tools.map(({ name, description, parameters }) => ({
    name,
    ...(description !== null && { description }),
    parameters: parameters ?? {},
  }));
  return (
    'Call one of these functions. Answer with a JSON object that has the "name" of the function ' +
    `and its "arguments", and with nothing else. The functions:\n${JSON.stringify(list)}`
  );
}

function below(schema: unknown, place: string): unknown {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    key === '$ref' && typeof value === 'string' && value.startsWith('#')
      ? place + value.slice(1)
      : value,
  );
}

function firstCallOnly(sink: TokenSink): TokenSink {
  let called = false;
  return {
    ...forwarded(sink),
    toolCall: (call) => {
      if (!called) sink.toolCall(call);
      called = true;
    },
  };
}

function forwarded(sink: TokenSink): TokenSink {
  return {
    token: (text) => sink.token(text),
    thinking: (text) => sink.thinking(text),
    toolCall: (call) => sink.toolCall(call),
    flush: () => sink.flush(),
  };
}

/** Null where the text is no whole call: the answer was cut, or its model does not follow formats. */
function callIn(text: string): { name: string; arguments: Record<string, unknown> } | null {
  try {
    const call: unknown = JSON.parse(text);
    if (!isRecord(call) || typeof call.name !== 'string' || !isRecord(call.arguments)) return null;
    return { name: call.name, arguments: call.arguments };
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
