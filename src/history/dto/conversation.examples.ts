import { SUMMARY_EXAMPLE as SUMMARY } from '../../common/http/conversation.examples.js';

const SET = { system: null, parameters: null };

const QUESTION = {
  id: '3f0c2f0e-3f0b-4a55-9d86-5ac7b6ad1f3e',
  parent_id: SUMMARY.id,
  siblings: ['3f0c2f0e-3f0b-4a55-9d86-5ac7b6ad1f3e'],
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
  id: SUMMARY.active_message_id,
  parent_id: QUESTION.id,
  siblings: [SUMMARY.active_message_id],
  role: 'assistant',
  content: "I'm doing well, thank you for asking!",
  model: 'llama2',
  finish_reason: 'stop',
  usage: { prompt_tokens: 12, completion_tokens: 9 },
  generation_id: '0b5f1f3e-9a43-4a9c-8f0e-7f3f6f0a1c55',
};

/** A page of one conversation. */
export const LIST_EXAMPLE = {
  conversations: [SUMMARY],
  total: 1,
  limit: 10,
  offset: 0,
  next_cursor: null,
};

/** A second answer to the same question, which is active. */
const OTHER_ANSWER = {
  ...ANSWER,
  id: 'c4d8b8f5-0f55-4b0e-9f0c-6f4a3a5f7e12',
  siblings: [ANSWER.id, 'c4d8b8f5-0f55-4b0e-9f0c-6f4a3a5f7e12'],
  content: 'Very well, thanks. How can I help?',
  generation_id: '2d9f4c2b-7f0e-4a83-9a55-0d6b7c1e8f31',
};

/** A conversation at rest, while it is answered, and with two answers to one question. */
export const CONVERSATION_EXAMPLES = {
  answered: { summary: 'Answered', value: { ...SUMMARY, ...SET, messages: [QUESTION, ANSWER] } },
  streaming: {
    summary: 'While it is answered, so that another device can join after event 42',
    value: {
      ...SUMMARY,
      ...SET,
      revision: 1,
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
  branched: {
    summary: 'Answered again: both answers are `siblings`, the newer one is active',
    value: {
      ...SUMMARY,
      ...SET,
      message_total: 3,
      active_message_id: OTHER_ANSWER.id,
      revision: 4,
      messages: [QUESTION, OTHER_ANSWER],
    },
  },
};

/** The conversation under its new title. */
export const RENAMED_EXAMPLE = {
  ...CONVERSATION_EXAMPLES.answered.value,
  title: 'New conversation title',
  title_by: 'user',
  revision: 3,
};

const SYSTEM_PROMPT = {
  ...QUESTION,
  id: '6a5b8c0d-93a1-4f5e-b7c4-1d2e3f405162',
  siblings: ['6a5b8c0d-93a1-4f5e-b7c4-1d2e3f405162'],
  role: 'system',
  content: 'You are a pirate. Answer in one sentence.',
};

/** One that was just made. */
export const CREATED_EXAMPLE = {
  ...SUMMARY,
  title: 'New conversation title',
  title_by: 'user',
  updated_at: SUMMARY.created_at,
  message_count: 1,
  message_total: 1,
  active_message_id: null,
  revision: 1,
  tags: ['work'],
  system: SYSTEM_PROMPT.content,
  parameters: { temperature: 0.2, max_tokens: 500 },
  messages: [SYSTEM_PROMPT],
};

/** A copy of another conversation. */
export const FORKED_EXAMPLE = {
  ...CONVERSATION_EXAMPLES.answered.value,
  revision: 1,
  forked_from: {
    conversation_id: '5d0cf1c6-2f3f-4b9b-9a43-0f7c2b8a7b10',
    message_id: '9c1f8a30-52de-4f0d-b8f1-3c1a8f2b7d55',
  },
};

/** The tags of all conversations. */
export const TAGS_EXAMPLE = { tags: [{ tag: 'work', count: 3 }] };
