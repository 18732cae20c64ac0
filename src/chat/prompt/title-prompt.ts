import { HumanMessage, type BaseMessage } from '@langchain/core/messages';
import { toModelTurns, type SpokenMessage } from './turns.js';

const QUESTION =
  'Write a short title for our conversation, of at most six words, in the language of the ' +
  'conversation. Answer with the title alone, without quotation marks and without an explanation.';

/**
 * A conversation up to an answer, as the model was shown it for that answer, and one more turn that asks
 * for a title. It is added to the turns of the model, so that nothing before it changes.
 */
export function titlePrompt(
  messages: readonly SpokenMessage[],
  options: { withImages: boolean },
): BaseMessage[] {
  return [...toModelTurns(messages, options), new HumanMessage(QUESTION)];
}
