import type { ModelAsk } from '../../../../domain/model.js';

/** What a tool without a schema takes: templates of models expect one. */
const NO_ARGUMENTS = { type: 'object', properties: {} };

/** Tools and format of a request, as `POST /chat/completions` takes them. */
export function askFields({ tools, format }: ModelAsk): Record<string, unknown> {
  return {
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, parameters }) => ({
        type: 'function',
        function: {
          name,
          ...(description !== null && { description }),
          parameters: parameters ?? NO_ARGUMENTS,
        },
      })),
    }),
    ...(format === 'json' && { response_format: { type: 'json_object' } }),
    ...(format !== null &&
      format !== 'json' && {
        response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: format } },
      }),
  };
}
