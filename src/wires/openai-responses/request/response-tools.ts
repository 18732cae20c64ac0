import type { CallRule } from '../../../chat/call-rule.js';
import type { Tool } from '../../../domain/model.js';
import { booleanIn, isFields, isGiven, listIn, refused, type Fields } from '../../given-fields.js';
import { MOST_TOOLS, readFunction } from '../../openai-functions.js';
import { NO_HOSTED, readToolChoice, type ChoiceForm } from '../../openai-tool-choice.js';

/** A function as a response repeats it. */
export interface RepeatedTool extends Tool {
  type: 'function';
  strict: boolean | null;
}

/** The tools that the model may call, what the client demands of its calls, and what a response repeats. */
export interface ResponseTools {
  tools: readonly Tool[];
  calls: CallRule | null;
  repeated: {
    tools: readonly RepeatedTool[];
    tool_choice: unknown;
    parallel_tool_calls: boolean;
  };
  /** The namespaces of the functions that have one, by the function's name. */
  namespaces: Readonly<Record<string, string>>;
}

/** A function among the tools. */
interface Given {
  tool: Tool;
  strict: boolean | null;
  namespace: string | null;
}

const FORM: ChoiceForm = {
  nameIn: (choice) => choice,
  allowedIn: (choice) => ({ fields: choice, path: 'tool_choice' }),
};

/**
 * Tools of other kinds than functions are left out where there are functions beside them. Throws
 * `validation`, for those alone too: the client would wait for what cannot come.
 */
export function readResponseTools(body: Fields): ResponseTools {
  const list = listIn(body, 'tools') ?? [];
  const given = list.flatMap((tool, index) => readTool(tool, `tools[${String(index)}]`));
  if (list.length > 0 && given.length === 0) throw refused('tools', NO_HOSTED);
  if (given.length > MOST_TOOLS)
    throw refused('tools', `must have at most ${String(MOST_TOOLS)} functions`);
  assertApart(given);
  const tools = given.map(({ tool }) => tool);
  const parallel = booleanIn(body, 'parallel_tool_calls') ?? true;
  const { shown, required } = readToolChoice(body.tool_choice, tools, FORM);
  return {
    tools: shown,
    calls: required.length > 0 || !parallel ? { required, single: !parallel } : null,
    repeated: {
      tools: given.map(({ tool, strict }) => ({ type: 'function', ...tool, strict })),
      tool_choice: body.tool_choice ?? 'auto',
      parallel_tool_calls: parallel,
    },
    namespaces: Object.fromEntries(
      given.flatMap(({ tool, namespace }) => (namespace === null ? [] : [[tool.name, namespace]])),
    ),
  };
}

function readTool(tool: unknown, path: string): Given[] {
  if (!isFields(tool) || typeof tool.type !== 'string')
    throw refused(path, 'must be an object with a type');
  if (tool.type === 'function') return [readGiven(tool, path, null)];
  if (tool.type !== 'namespace') return [];
  if (typeof tool.name !== 'string') throw refused(`${path}.name`, 'must be a string');
  const { name } = tool;
  const inner = listIn(tool, 'tools', `${path}.tools`) ?? [];
  return inner.flatMap((each, index) => {
    const here = `${path}.tools[${String(index)}]`;
    if (!isFields(each)) throw refused(here, 'must be an object with a type');
    return each.type === 'function' ? [readGiven(each, here, name)] : [];
  });
}

function readGiven(tool: Fields, path: string, namespace: string | null): Given {
  const { strict } = tool;
  if (isGiven(strict) && typeof strict !== 'boolean')
    throw refused(`${path}.strict`, 'must be true or false');
  return {
    tool: readFunction(tool, path),
    strict: typeof strict === 'boolean' ? strict : null,
    namespace,
  };
}

/** A model calls a function by its name alone. */
function assertApart(given: readonly Given[]): void {
  const names = given.map(({ tool }) => tool.name);
  const again = names.find((name, index) => names.indexOf(name) !== index);
  if (again !== undefined) throw refused('tools', 'must have functions of different names');
}
