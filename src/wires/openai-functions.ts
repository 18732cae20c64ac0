import { isTooDeep } from '../common/validation/request-values.js';
import type { Tool } from '../domain/model.js';
import type { ToolCall } from '../domain/parts.js';
import { isFields, isGiven, refused, textIn, type Fields } from './given-fields.js';

/** Tools that one request may have. */
export const MOST_TOOLS = 128;

const NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** What a client says of a function that the model may call. Throws `validation`. */
export function readFunction(given: Fields, path: string): Tool {
  const name = textIn(given, 'name', `${path}.name`);
  if (name === undefined || !NAME.test(name))
    throw refused(`${path}.name`, 'must be 1 to 64 letters, digits, _ and -');
  const { parameters } = given;
  if (isGiven(parameters) && !isFields(parameters))
    throw refused(`${path}.parameters`, 'must be a JSON Schema');
  return {
    name,
    description: textIn(given, 'description', `${path}.description`) ?? null,
    parameters: isFields(parameters) ? parameters : null,
  };
}

/** A call by the text of its arguments. What is no JSON object of usual depth is kept as the text that the model gave. */
export function callWith(id: string, name: string, argumentsText: string): ToolCall {
  const given = argumentsIn(argumentsText);
  return given ? { id, name, arguments: given } : { id, name, arguments: null, argumentsText };
}

/** Null for what is no object, or nested deeper than a body may be. */
function argumentsIn(text: string): Fields | null {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) && !isTooDeep(value) ? value : null;
  } catch {
    return null;
  }
}
