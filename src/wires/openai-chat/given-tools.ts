import type { CallRule } from '../../chat/call-rule.js';
import type { Tool } from '../../domain/model.js';
import { booleanIn, isFields, isGiven, listIn, refused, type Fields } from '../given-fields.js';
import { MOST_TOOLS, readFunction } from '../openai-functions.js';

/** The tools that the model may call, and what the client demands of its calls. */
export interface GivenTools {
  tools: readonly Tool[];
  calls: CallRule | null;
}

/** Throws `validation`. */
export function readTools(body: Fields): GivenTools {
  for (const field of ['functions', 'function_call'])
    if (isGiven(body[field])) throw refused(field, 'is not supported; use tools and tool_choice');
  const list = listIn(body, 'tools') ?? [];
  if (list.length > MOST_TOOLS)
    throw refused('tools', `must have at most ${String(MOST_TOOLS)} items`);
  const tools = list.map((tool, index) => readTool(tool, `tools[${String(index)}]`));
  const single = booleanIn(body, 'parallel_tool_calls') === false;
  const choice = readChoice(body.tool_choice, tools);
  if (choice === 'none') return { tools: [], calls: null };
  return { tools, calls: choice.length > 0 || single ? { required: choice, single } : null };
}

function readTool(tool: unknown, path: string): Tool {
  if (!isFields(tool) || tool.type !== 'function' || !isFields(tool.function))
    throw refused(path, 'must be a tool of type function');
  return readFunction(tool.function, `${path}.function`);
}

/** The tools of which one must be called; none: the model decides. */
function readChoice(choice: unknown, tools: readonly Tool[]): readonly Tool[] | 'none' {
  if (!isGiven(choice) || choice === 'auto') return [];
  if (choice === 'none') return 'none';
  if (choice === 'required') {
    if (tools.length === 0) throw refused('tool_choice', 'needs tools');
    return tools;
  }
  const named = isFields(choice) && choice.type === 'function' ? choice.function : null;
  const name = isFields(named) ? named.name : null;
  if (typeof name !== 'string')
    throw refused('tool_choice', 'must be none, auto, required or a function by its name');
  const tool = tools.find((each) => each.name === name);
  if (!tool) throw refused('tool_choice', 'names a function that is not among the tools');
  return [tool];
}
