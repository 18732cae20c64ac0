const QUEUED = {
  id: '0b5f1f3e-9a43-4a9c-8f0e-7f3f6f0a1c55',
  conversation_id: 'a1b2c3d4-e5f6-4890-a1b2-c3d4e5f6a7b8',
  message_id: '7b0e9a3c-5d1f-4f6e-8a55-2f1f0c9f4d21',
  parent_id: '3f0c2f0e-3f0b-4a55-9d86-5ac7b6ad1f3e',
  message: { content: 'Hello, how are you?', images: null },
  model: 'llama2',
  status: 'queued',
  phase: 'queued',
  queue_position: 3,
  created_at: '2025-09-06T03:30:00.000Z',
  started_at: null,
  finished_at: null,
  response: '',
  thinking: null,
  thinking_ms: null,
  tool_calls: null,
  context: null,
  format_valid: null,
  warnings: null,
  finish_reason: null,
  usage: null,
  error: null,
};

const STARTED = { ...QUEUED, queue_position: null, started_at: '2025-09-06T03:30:00.000Z' };

/** A generation that has just begun. */
export const STARTED_EXAMPLE = { ...STARTED, status: 'running', phase: 'prompt' };

/** A generation in different states, and its possible ends. */
export const GENERATION_EXAMPLES = {
  running: {
    summary: 'It is answering',
    value: { ...STARTED, status: 'running', phase: 'generating', response: "I'm doing" },
  },
  completed: {
    summary: 'It has answered',
    value: {
      ...STARTED,
      status: 'completed',
      phase: 'ended',
      finished_at: '2025-09-06T03:30:05.000Z',
      response: "I'm doing well, thank you for asking!",
      finish_reason: 'stop',
      usage: { prompt_tokens: 12, completion_tokens: 9 },
      context: { window: 8192, messages_used: 1, messages_left_out: 0 },
    },
  },
  failed: {
    summary: 'The model did not respond in time',
    value: {
      ...STARTED,
      status: 'failed',
      phase: 'ended',
      finished_at: '2025-09-06T03:35:02.000Z',
      response: "I'm doing",
      error: {
        error: 'The model was silent for too long',
        code: 'TIMEOUT',
        reason: 'model_silent',
      },
    },
  },
};

/** The result of a stopped generation. */
export const CANCEL_RECEIPT_EXAMPLE = {
  id: QUEUED.id,
  status: 'cancelled',
  phase: 'generating',
  response: "I'm doing",
  thinking: null,
  thinking_ms: null,
  tool_calls: null,
  usage: null,
  upstream_closed: true,
};
