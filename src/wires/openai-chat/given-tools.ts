import type { CallRule } from '../../chat/call-rule.js';
import type { Tool } from '../../domain/model.js';
import { booleanIn, isFields, isGiven, listIn, refused, type Fields } from '../given-fields.js';
import { MOST_TOOLS, readFunction } from '../openai-functions.js';
import { readToolChoice, type ChoiceForm } from '../openai-tool-choice.js';

/** The tools that the model may call, and what the client demands of its calls. */
export interface GivenTools {
  tools: readonly Tool[];
  calls: CallRule | null;
}

const FORM: ChoiceForm = {
  nameIn: (choice) => choice.function,
  allowedIn: (choice) => ({ fields: choice.allowed_tools, path: 'tool_choice.allowed_tools' }),
};

/** Throws `validation`. */
export function readTools(body: Fields): GivenTools {
  for (const field of ['functions', 'function_call'])
    if (isGiven(body[field])) throw refused(field, 'is not supported; use tools and tool_choice');
  const list = listIn(body, 'tools') ?? [];
  if (list.length > MOST_TOOLS)
    throw refused('tools', `must have at most ${String(MOST_TOOLS)} items`);
  const tools = list.map((tool, index) => readTool(tool, `tools[${String(index)}]`));
  const single = booleanIn(body, 'parallel_tool_calls') === false;
  const { shown, required } = readToolChoice(body.tool_choice, tools, FORM);
  if (shown.length === 0) return { tools: [], calls: null };
  return { tools: shown, calls: required.length > 0 || single ? { required, single } : null };
}

function readTool(tool: unknown, path: string): Tool {
  if (!isFields(tool) || tool.type !== 'function' || !isFields(tool.function))
    throw refused(path, 'must be a tool of type function');
  return readFunction(tool.function, `${path}.function`);
}
