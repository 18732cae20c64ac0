/** The API through which a turn was asked for, as metrics name it: `chat` is our own. */
export type Wire = 'chat' | 'openai_chat' | 'openai_responses' | 'ai_sdk' | 'ollama';

/** Those that this version serves. A new wire is added here, and names itself in its commands. */
export const SERVED_WIRES: readonly Wire[] = [
  'chat',
  'openai_chat',
  'openai_responses',
  'ai_sdk',
  'ollama',
];
