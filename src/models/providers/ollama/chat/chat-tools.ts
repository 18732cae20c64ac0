import type { Tool } from '../../../../domain/model.js';

/** A tool as `POST /api/chat` takes it. */
export interface OllamaTool {
  type: 'function';
  function: { name: string; description?: string; parameters: Tool['parameters'] };
}

/** What a tool without a schema takes: templates of models expect one. */
const NO_ARGUMENTS = { type: 'object', properties: {} };

export function toOllamaTools(tools: readonly Tool[]): OllamaTool[] {
  return tools.map(({ name, description, parameters }) => ({
    type: 'function',
    function: {
      name,
      ...(description !== null && { description }),
      parameters: parameters ?? NO_ARGUMENTS,
    },
  }));
}
