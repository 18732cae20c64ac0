import type { Tool } from '../../../domain/model.js';
import { fieldOf, objectOf, objectsOf, textOf, wrong } from './fields.js';
import type { Field } from './fields.js';

/** The functions that the model may call, as Ollama's clients describe them. */
export function readTools(field: Field): Tool[] {
  return objectsOf(field).map(({ fields, path }) => {
    const described = fieldOf(fields, 'function', path);
    const tool = objectOf(described);
    if (!tool) throw wrong(described, 'is required: a tool is a function');
    const name = textOf(fieldOf(tool, 'name', described.path));
    if (name === null || name === '')
      throw wrong({ path: `${described.path}.name` }, 'is required');
    return {
      name,
      description: textOf(fieldOf(tool, 'description', described.path)),
      parameters: objectOf(fieldOf(tool, 'parameters', described.path)),
    };
  });
}
