import type { Tool } from '../domain/model.js';
import { isFields, isGiven, listIn, refused, type Fields } from './given-fields.js';

/** Which of the tools the model sees, and of which it must call one: none, then it decides. */
export interface ToolChoice {
  shown: readonly Tool[];
  required: readonly Tool[];
}

/** Where an API of OpenAI has the parts of a choice: chat nests them, responses does not. */
export interface ChoiceForm {
  /** The object that has the `name` of `{ type: 'function' }`. */
  nameIn(choice: Fields): unknown;
  /** The object that has `mode` and `tools` of `{ type: 'allowed_tools' }`, and its path. */
  allowedIn(choice: Fields): { fields: unknown; path: string };
}

/** What tools are other than functions: refused where nothing else is asked for. */
export const NO_HOSTED = 'must have functions: this service has no hosted tools and no custom ones';

const KINDS = 'must be none, auto, required, functions that are allowed, or a function by its name';

/** Reads `tool_choice`. Throws `validation`. */
export function readToolChoice(
  choice: unknown,
  tools: readonly Tool[],
  form: ChoiceForm,
): ToolChoice {
  if (!isGiven(choice) || choice === 'auto') return { shown: tools, required: [] };
  if (choice === 'none') return { shown: [], required: [] };
  if (choice === 'required') return { shown: tools, required: some(tools) };
  if (isFields(choice) && choice.type === 'function')
    return { shown: tools, required: [named(form.nameIn(choice), 'tool_choice', tools)] };
  if (isFields(choice) && choice.type === 'allowed_tools') return allowed(choice, tools, form);
  throw refused('tool_choice', KINDS);
}

/** Hosted tools may be allowed beside functions, as they may stand beside them. */
function allowed(choice: Fields, tools: readonly Tool[], form: ChoiceForm): ToolChoice {
  const { fields, path } = form.allowedIn(choice);
  if (!isFields(fields)) throw refused(path, 'must be an object with mode and tools');
  const list = listIn(fields, 'tools', `${path}.tools`) ?? [];
  const functions = list.filter((tool) => isFields(tool) && tool.type === 'function') as Fields[];
  if (list.length > 0 && functions.length === 0) throw refused(`${path}.tools`, NO_HOSTED);
  const shown = functions.map((tool) => named(form.nameIn(tool), `${path}.tools`, tools));
  if (fields.mode === 'required') return { shown, required: some(shown) };
  if (fields.mode === 'auto') return { shown, required: [] };
  throw refused(`${path}.mode`, 'must be auto or required');
}

function some(tools: readonly Tool[]): readonly Tool[] {
  if (tools.length === 0) throw refused('tool_choice', 'needs tools');
  return tools;
}

function named(fields: unknown, path: string, tools: readonly Tool[]): Tool {
  const name = isFields(fields) ? fields.name : null;
  if (typeof name !== 'string') throw refused(path, KINDS);
  const tool = tools.find((each) => each.name === name);
  if (tool) return tool;
  throw refused(path, 'names a function that is not among the tools');
}
