/** A red square of eight pixels a side. */
const SMALL_PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mO4o6GBFTEMLQkAe3tLAYZNzu4AAAAASUVORK5CYII=';

/** Examples of requests; the first works on any installation, since it names no model. */
export const CHAT_REQUEST_EXAMPLES = {
  first: {
    summary: 'A first message',
    value: { message: 'Hello, how are you?' },
  },
  parameters: {
    summary: 'With parameters',
    value: {
      message: 'Explain quantum computing in simple terms',
      parameters: { temperature: 0.7, max_tokens: 500 },
    },
  },
  next: {
    summary: 'The next message of a conversation',
    value: {
      message: 'And what is it good for?',
      conversation_id: 'a1b2c3d4-e5f6-4890-a1b2-c3d4e5f6a7b8',
    },
  },
  system: {
    summary: 'A conversation with a system prompt',
    value: { message: 'Who are you?', system: 'You are a pirate. Answer in one sentence.' },
  },
  format: {
    summary: 'An answer as JSON, by a schema',
    value: {
      message: 'Describe the city of Rome.',
      parameters: {
        temperature: 0,
        format: {
          type: 'object',
          properties: {
            name: { type: 'string', maxLength: 40 },
            country: { type: 'string', maxLength: 40 },
            capital: { type: 'boolean' },
          },
          required: ['name', 'country', 'capital'],
        },
      },
    },
  },
  tools: {
    summary: 'With a tool, for a model that can call tools',
    value: {
      message: 'What is the weather in Paris?',
      tools: [
        {
          type: 'function',
          function: {
            name: 'get_weather',
            description: 'The weather in a city now',
            parameters: {
              type: 'object',
              properties: { city: { type: 'string' } },
              required: ['city'],
            },
          },
        },
      ],
    },
  },
  results: {
    summary: 'The result of a tool that the last answer called',
    value: {
      conversation_id: 'a1b2c3d4-e5f6-4890-a1b2-c3d4e5f6a7b8',
      tool_results: [{ tool_call_id: 'call_b1f0c3', content: '{"temperature": 21}' }],
    },
  },
  image: {
    summary: 'With an image, for a model with the capability `vision`',
    value: { message: 'What color is this?', images: [`data:image/png;base64,${SMALL_PNG}`] },
  },
  regenerate: {
    summary: 'Another answer to the last message',
    value: { conversation_id: 'a1b2c3d4-e5f6-4890-a1b2-c3d4e5f6a7b8', regenerate: true },
  },
  edit: {
    summary: 'An earlier message in other words: `parent_id` is that of the earlier one',
    value: {
      message: 'And what is it bad for?',
      conversation_id: 'a1b2c3d4-e5f6-4890-a1b2-c3d4e5f6a7b8',
      parent_id: '7b0e9a3c-5d1f-4f6e-8a55-2f1f0c9f4d21',
    },
  },
};
