import type { Usage } from '../../domain/conversation.js';
import { argumentsOf, type ToolCall } from '../../domain/parts.js';
import type { Answer } from '../../generation/answer.js';

/** What of its request the stored echo keeps. */
interface Echo {
  /** The model as it was asked for. */
  model: string;
  /** Whether the stream says at its end what was counted. */
  usage: boolean;
}

export function encodeEcho(echo: Echo): string {
  return JSON.stringify(echo);
}

/** Another wire's generation has another echo, or none. */
function echoOf({ echo, model }: Answer): Echo {
  const value: unknown = echo === null ? null : JSON.parse(echo);
  const given = typeof value === 'object' && value !== null ? value : {};
  return {
    model: 'model' in given && typeof given.model === 'string' ? given.model : model,
    usage: 'usage' in given && given.usage === true,
  };
}

/** What every object of a completion has. */
export interface CompletionFacts {
  id: string;
  created: number;
  model: string;
}

/** The same, and what of the request the answer still needs. */
export function completionFacts(answer: Answer): { facts: CompletionFacts; includeUsage: boolean } {
  const { model, usage } = echoOf(answer);
  const facts = {
    id: `chatcmpl-${answer.generationId.replaceAll('-', '')}`,
    created: Math.floor(answer.createdAt / 1000),
    model,
  };
  return { facts, includeUsage: usage };
}

/** A tool call as OpenAI's clients read it. */
export function toCall(call: ToolCall) {
  const { id, name } = call;
  return { id, type: 'function' as const, function: { name, arguments: argumentsOf(call) } };
}

/** Null unless the model counted both. */
export function toUsage(usage: Usage | null) {
  if (!usage || usage.promptTokens === null || usage.completionTokens === null) return null;
  const { promptTokens, completionTokens } = usage;
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}
