/** A whole answer, as the service gives it. */
export const CHAT_RESPONSE_EXAMPLE = {
  conversation_id: 'a1b2c3d4-e5f6-4890-a1b2-c3d4e5f6a7b8',
  response: "I'm doing well, thank you for asking!",
  thinking: null,
  thinking_ms: null,
  tool_calls: null,
  timestamp: '2025-09-06T03:30:05.000Z',
  message_id: '7b0e9a3c-5d1f-4f6e-8a55-2f1f0c9f4d21',
  parent_id: '3f0c2f0e-3f0b-4a55-9d86-5ac7b6ad1f3e',
  generation_id: '0b5f1f3e-9a43-4a9c-8f0e-7f3f6f0a1c55',
  model: 'llama2',
  finish_reason: 'stop',
  usage: { prompt_tokens: 12, completion_tokens: 9 },
  context: { window: 8192, messages_used: 1, messages_left_out: 0 },
  format_valid: null,
  warnings: null,
};
