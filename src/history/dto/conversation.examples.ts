const SUMMARY = {
  id: 'a1b2c3d4-e5f6-4890-a1b2-c3d4e5f6a7b8',
  title: 'Hello, how are you?',
  created_at: '2025-09-06T03:30:00.000Z',
  updated_at: '2025-09-06T03:30:05.000Z',
  message_count: 2,
  active_generation_id: null,
};

const QUESTION = {
  id: '3f0c2f0e-3f0b-4a55-9d86-5ac7b6ad1f3e',
  role: 'user',
  content: 'Hello, how are you?',
  timestamp: '2025-09-06T03:30:00.000Z',
  status: 'complete',
  model: null,
  finish_reason: null,
  usage: null,
  thinking: null,
  thinking_ms: null,
  tool_calls: null,
  tool_call_id: null,
  is_error: null,
  images: null,
  generation_id: null,
};

const ANSWER = {
  ...QUESTION,
  id: '7b0e9a3c-5d1f-4f6e-8a55-2f1f0c9f4d21',
  role: 'assistant',
  content: "I'm doing well, thank you for asking!",
  model: 'llama2',
  finish_reason: 'stop',
  usage: { prompt_tokens: 12, completion_tokens: 9 },
  generation_id: '0b5f1f3e-9a43-4a9c-8f0e-7f3f6f0a1c55',
};

/** A page of one conversation. */
export const LIST_EXAMPLE = { conversations: [SUMMARY], total: 1, limit: 10, offset: 0 };

/** A conversation, at rest and while it is answered. */
export const CONVERSATION_EXAMPLES = {
  answered: { summary: 'Answered', value: { ...SUMMARY, messages: [QUESTION, ANSWER] } },
  streaming: {
    summary: 'While it is answered, so that another device can join after event 42',
    value: {
      ...SUMMARY,
      active_generation_id: ANSWER.generation_id,
      messages: [
        QUESTION,
        {
          ...ANSWER,
          content: "I'm doing",
          status: 'streaming',
          finish_reason: null,
          usage: null,
          seq: 42,
        },
      ],
    },
  },
};

/** The conversation under its new title. */
export const RENAMED_EXAMPLE = {
  ...CONVERSATION_EXAMPLES.answered.value,
  title: 'New conversation title',
};
