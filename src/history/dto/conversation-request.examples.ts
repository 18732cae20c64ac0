import { CONVERSATION_EXAMPLES } from './conversation.examples.js';

/** New conversations; the first works on any installation, since it names no model. */
export const NEW_CONVERSATION_EXAMPLES = {
  settings: {
    summary: 'With a system prompt, parameters and tags',
    value: {
      title: 'New conversation title',
      system: 'You are a pirate. Answer in one sentence.',
      parameters: { temperature: 0.2, max_tokens: 500 },
      tags: ['work'],
      pinned: false,
    },
  },
  empty: { summary: 'With nothing set; the first message names it', value: {} },
};

/** Changes; the first works on any conversation. */
export const UPDATE_EXAMPLES = {
  rename: { summary: 'Rename', value: { title: 'New conversation title' } },
  settings: {
    summary: 'Set for the next turns',
    value: {
      system: 'You are a pirate. Answer in one sentence.',
      parameters: { temperature: 0.2 },
    },
  },
  none: {
    summary: 'Take settings away',
    value: { system: null, model: null, parameters: null, tags: null },
  },
  file: {
    summary: 'Tag, pin, archive',
    value: { tags: ['work', 'rome'], pinned: true, archived: true },
  },
  branch: {
    summary: 'Choose the branch through a message',
    value: {
      active_message_id: CONVERSATION_EXAMPLES.answered.value.messages[1]?.id,
    },
  },
};

/** Copies; the first works on any conversation. */
export const FORK_EXAMPLES = {
  whole: { summary: 'The whole active branch', value: {} },
  part: {
    summary: 'Up to and with a message',
    value: { message_id: CONVERSATION_EXAMPLES.answered.value.messages[1]?.id },
  },
};
