import { AIMessage, ToolMessage, type BaseMessage, type ToolCall } from '@langchain/core/messages';

/** A message as `POST /api/chat` takes it. */
export interface OllamaMessage {
  role: 'system' | 'user' | 'assistant' | 'tool';
  content: string;
  /** Base64, never a path: Ollama's own client would read local files named here. */
  images?: string[];
  thinking?: string;
  /** Of role `tool`: the call that it answers; some models need the tool's name. */
  tool_call_id?: string;
  tool_name?: string;
  tool_calls?: { id?: string; type: 'function'; function: { name: string; arguments: unknown } }[];
}

/**
 * Converts LangChain's messages to Ollama's format. Text, images as data URLs, tool calls and their
 * results are supported; other content throws.
 */
export function toOllamaMessages(messages: readonly BaseMessage[]): OllamaMessage[] {
  return messages.flatMap(toOllama);
}

function toOllama(message: BaseMessage): OllamaMessage[] {
  switch (message.type) {
    case 'system':
      return parts(message).map((part) => ({ role: 'system', content: textOf(part) }));
    case 'tool':
      return [toolMessage(message)];
    case 'human':
    case 'generic':
      return [userMessage(parts(message))];
    case 'ai':
      return assistantMessages(message);
    default:
      throw new TypeError(`Messages of type ${message.type} cannot be sent to Ollama`);
  }
}

function toolMessage(message: BaseMessage): OllamaMessage {
  const id = ToolMessage.isInstance(message) ? message.tool_call_id : '';
  return {
    role: 'tool',
    content: parts(message).map(textOf).join(''),
    ...(id !== '' && { tool_call_id: id }),
    ...(message.name !== undefined && { tool_name: message.name }),
  };
}

type ContentPart = Exclude<BaseMessage['content'], string>[number];

function parts(message: BaseMessage): ContentPart[] {
  const { content } = message;
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

function textOf(part: ContentPart): string {
  if (part.type === 'text' && typeof part.text === 'string') return part.text;
  throw new TypeError(`Content of type ${part.type} cannot be sent to Ollama`);
}

/** One message, its images beside its text: apart they would be turns of their own. */
function userMessage(blocks: ContentPart[]): OllamaMessage {
  const images = blocks.filter(({ type }) => type === 'image_url');
  const texts = blocks.filter(({ type }) => type !== 'image_url').map(textOf);
  const message: OllamaMessage = { role: 'user', content: texts.join('\n') };
  return images.length === 0
    ? message
    : { ...message, images: images.map((block) => base64Of(block['image_url'])) };
}

const BASE64 = ';base64,';
/** More than the longest media type. */
const LONGEST_HEAD = 256;

/** Without a regular expression over what may be megabytes. */
function base64Of(image: unknown): string {
  const url = typeof image === 'object' && image !== null && 'url' in image ? image.url : image;
  const at = typeof url === 'string' ? url.slice(0, LONGEST_HEAD).indexOf(BASE64) : -1;
  if (typeof url !== 'string' || !url.startsWith('data:') || at === -1)
    throw new TypeError('Images must be data URLs in base64');
  return url.slice(at + BASE64.length);
}

function assistantMessages(message: BaseMessage): OllamaMessage[] {
  const calls = AIMessage.isInstance(message) ? (message.tool_calls ?? []) : [];
  const toolCalls =
    calls.length > 0 ? { ...thinkingOf(message), tool_calls: calls.map(toolCall) } : {};
  if (typeof message.content === 'string') {
    return [{ role: 'assistant', content: message.content, ...toolCalls }];
  }
  const texts = message.content.filter((part) => part.type === 'text');
  const said = texts.map((part): OllamaMessage => ({ role: 'assistant', content: textOf(part) }));
  return calls.length > 0 ? [...said, { role: 'assistant', content: '', ...toolCalls }] : said;
}

/** What a model thought before a call: within a chain of calls it goes on from there. */
function thinkingOf({ additional_kwargs: more }: BaseMessage): Pick<OllamaMessage, 'thinking'> {
  const thinking = more['reasoning_content'];
  return typeof thinking === 'string' ? { thinking } : {};
}

function toolCall(call: ToolCall): NonNullable<OllamaMessage['tool_calls']>[number] {
  const base = { type: 'function', function: { name: call.name, arguments: call.args } } as const;
  return call.id === undefined ? base : { id: call.id, ...base };
}
