import { randomUUID } from 'node:crypto';
import type { OpenAIClient } from '@langchain/openai';
import type { GivenToolCall, ModelEnd } from '../../../../domain/model.js';
import { argumentsOf } from '../../../../domain/parts.js';
import type { Pulled } from '../../../transport/pulled-answer.js';

type Chunk = OpenAIClient.Chat.ChatCompletionChunk;
type Choice = Chunk['choices'][number];
type Delta = Choice['delta'];
type Completion = OpenAIClient.Chat.ChatCompletion;
type ToolCall = OpenAIClient.Chat.ChatCompletionMessageFunctionToolCall;

/** An answer as chunks of OpenAI's API, which LangChain's model reads. */
export async function* chunksOf(
  pieces: AsyncIterable<Pulled>,
  model: string,
): AsyncGenerator<Chunk, void> {
  const base = {
    id: `chatcmpl-${randomUUID()}`,
    object: 'chat.completion.chunk',
    created: Math.floor(Date.now() / 1000),
    model,
  } as const;
  let calls = 0;
  for await (const piece of pieces) {
    if ('end' in piece) yield { ...base, ...endOf(piece.end, calls > 0) };
    else yield { ...base, choices: [choiceOf(deltaOf(piece, calls))] };
    if ('toolCall' in piece) calls += 1;
  }
}

/** The same as one completion. */
export async function completionOf(
  chunks: AsyncIterable<Chunk>,
  model: string,
): Promise<Completion> {
  const texts = { content: '', reasoning_content: '' };
  const calls: ToolCall[] = [];
  let finish: Completion['choices'][number]['finish_reason'] = 'stop';
  let last: Chunk | undefined;
  for await (const chunk of chunks) {
    const { delta = {}, finish_reason: reason = null } = chunk.choices[0] ?? {};
    const { content, tool_calls: pieces = [] } = delta;
    texts.content += content ?? '';
    texts.reasoning_content += (delta as ThinkingDelta).reasoning_content ?? '';
    calls.push(...pieces.map(toCall));
    finish = reason ?? finish;
    last = chunk;
  }
  const message = {
    role: 'assistant',
    content: texts.content,
    refusal: null,
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(texts.reasoning_content !== '' && { reasoning_content: texts.reasoning_content }),
  } as const;
  return {
    id: last?.id ?? '',
    object: 'chat.completion',
    created: last?.created ?? 0,
    model,
    choices: [{ index: 0, message, finish_reason: finish, logprobs: null }],
    ...(last?.usage && { usage: last.usage }),
  };
}

/** LangChain reads it, OpenAI's types lack it. */
interface ThinkingDelta extends Delta {
  reasoning_content?: string;
}

function deltaOf(piece: Exclude<Pulled, { end: ModelEnd }>, index: number): ThinkingDelta {
  if ('text' in piece) return { role: 'assistant', content: piece.text };
  if ('thinking' in piece) return { role: 'assistant', reasoning_content: piece.thinking };
  return { role: 'assistant', tool_calls: [callOf(piece.toolCall, index)] };
}

function callOf(call: GivenToolCall, index: number) {
  const { id, name } = call;
  return {
    index,
    id: id ?? randomUUID(),
    type: 'function' as const,
    function: { name, arguments: argumentsOf(call) },
  };
}

function toCall({ id = '', function: called = {} }: NonNullable<Delta['tool_calls']>[number]) {
  const { name = '', arguments: args = '' } = called;
  return { id, type: 'function' as const, function: { name, arguments: args } };
}

function choiceOf(delta: Delta, reason: Choice['finish_reason'] = null): Choice {
  return { index: 0, delta, finish_reason: reason };
}

function endOf(
  { finishReason, usage }: ModelEnd,
  hasCalls: boolean,
): Pick<Chunk, 'choices' | 'usage'> {
  const reason = finishReason === 'stop' && hasCalls ? 'tool_calls' : finishReason;
  const choices = [choiceOf({ role: 'assistant' }, reason)];
  if (!usage) return { choices };
  const [prompt, completion] = [usage.promptTokens ?? 0, usage.completionTokens ?? 0];
  const counts = { prompt_tokens: prompt, completion_tokens: completion };
  return { choices, usage: { ...counts, total_tokens: prompt + completion } };
}
