import { AIMessage, ToolMessage, type BaseMessage } from '@langchain/core/messages';
import type { LongTexts } from '../../../transport/long-body.js';

type Part = { type: 'text'; text: string } | { type: 'image_url'; image_url: { url: string } };

/** A message as `POST /chat/completions` takes it. */
export interface OpenAiMessage {
  role: 'system' | 'user' | 'assistant' | 'tool';
  content: string | Part[] | null;
  /** What a model thought before a call. */
  reasoning_content?: string;
  tool_calls?: {
    id: string;
    type: 'function';
    function: { name: string; arguments: string };
  }[];
  /** Of role `tool`: the call that it answers. */
  tool_call_id?: string;
}

/**
 * Converts LangChain's messages. Text, images as data URLs, tool calls and their results are supported;
 * other content throws.
 *
 * @param long takes the images, whose places the messages have
 */
export function toOpenAiMessages(
  messages: readonly BaseMessage[],
  long: LongTexts,
): OpenAiMessage[] {
  return messages.map((message) => toOpenAi(message, long));
}

/** Whether there are images. */
export function haveImages(messages: readonly BaseMessage[]): boolean {
  return messages.some(
    ({ content }) =>
      typeof content !== 'string' && content.some(({ type }) => type === 'image_url'),
  );
}

function toOpenAi(message: BaseMessage, long: LongTexts): OpenAiMessage {
  switch (message.type) {
    case 'system':
      return { role: 'system', content: textOf(message) };
    case 'tool':
      return toolMessage(message);
    case 'human':
    case 'generic':
      return userMessage(message, long);
    case 'ai':
      return assistantMessage(message);
    default:
      throw new TypeError(`Messages of type ${message.type} cannot be sent to this server`);
  }
}

type Block = Exclude<BaseMessage['content'], string>[number];

function textOf({ content }: BaseMessage): string {
  return typeof content === 'string' ? content : content.map(textIn).join('\n');
}

function textIn(block: Block): string {
  if (block.type === 'text' && typeof block.text === 'string') return block.text;
  throw new TypeError(`Content of type ${block.type} cannot be sent to this server`);
}

function userMessage(message: BaseMessage, long: LongTexts): OpenAiMessage {
  const { content } = message;
  if (typeof content === 'string') return { role: 'user', content };
  const parts = content.map((block): Part =>
    block.type === 'image_url'
      ? { type: 'image_url', image_url: { url: long.add(dataUrl(block['image_url'])) } }
      : { type: 'text', text: textIn(block) },
  );
  return { role: 'user', content: parts };
}

/** Never a URL that the server would fetch. */
function dataUrl(image: unknown): string {
  const url = typeof image === 'object' && image !== null && 'url' in image ? image.url : image;
  if (typeof url !== 'string' || !/^data:[a-z/+.-]{1,100};base64,/i.test(url.slice(0, 200)))
    throw new TypeError('Images must be data URLs in base64');
  return url;
}

function toolMessage(message: BaseMessage): OpenAiMessage {
  const id = ToolMessage.isInstance(message) ? message.tool_call_id : '';
  return { role: 'tool', content: textOf(message), tool_call_id: id };
}

function assistantMessage(message: BaseMessage): OpenAiMessage {
  const calls = AIMessage.isInstance(message) ? (message.tool_calls ?? []) : [];
  const content = textOf(message);
  if (calls.length === 0) return { role: 'assistant', content };
  const thinking = message.additional_kwargs['reasoning_content'];
  return {
    role: 'assistant',
    content: content === '' ? null : content,
    ...(typeof thinking === 'string' && { reasoning_content: thinking }),
    tool_calls: calls.map(({ id = '', name, args }) => ({
      id,
      type: 'function',
      function: { name, arguments: JSON.stringify(args) },
    })),
  };
}
