import { GivenImages } from '../../chat/given-images.js';
import type { GivenMessage, StatelessCommand } from '../../chat/stateless-command.js';
import type { ImageReference } from '../../domain/conversation.js';
import type { AnswerParts, Part, ToolCall } from '../../domain/parts.js';
import {
  isDataUrl,
  isFields,
  isGiven,
  listIn,
  refused,
  textIn,
  type Fields,
} from '../given-fields.js';
import { callWith } from '../openai-functions.js';

type Given = Pick<StatelessCommand, 'messages' | 'images'>;

const AUDIO = 'is not supported: this service has no models for audio';

/** The messages of a request, with their images. Throws `validation`, naming the first that is wrong. */
export async function readMessages(body: Fields): Promise<Given> {
  const list = listIn(body, 'messages');
  if (!list || list.length === 0)
    throw refused('messages', 'must be a list of messages, not empty');
  const images = new GivenImages();
  const messages: GivenMessage[] = [];
  for (const [index, message] of list.entries())
    messages.push(await readMessage(message, `messages[${String(index)}]`, images));
  return { messages, images: images.all };
}

async function readMessage(
  message: unknown,
  path: string,
  images: GivenImages,
): Promise<GivenMessage> {
  if (!isFields(message)) throw refused(path, 'must be an object');
  switch (message.role) {
    case 'system':
    case 'developer':
      return { role: 'system', content: textOf(message, path) };
    case 'user':
      return { role: 'user', ...(await userContent(message, path, images)) };
    case 'assistant':
      return answer(message, path);
    case 'tool':
      return result(message, path);
    default:
      throw refused(`${path}.role`, 'must be system, developer, user, assistant or tool');
  }
}

/** Text, or parts of text, of which each is a part of the same message. */
function textOf(message: Fields, path: string): string {
  const { content } = message;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content))
    throw refused(`${path}.content`, 'must be a string or a list of parts');
  return content
    .map((part: unknown, index) => textPart(part, `${path}.content[${String(index)}]`))
    .join('');
}

function textPart(part: unknown, path: string): string {
  const text = isFields(part) && part.type === 'text' ? part.text : null;
  if (typeof text === 'string') return text;
  throw refused(path, 'must be a part of type text');
}

async function userContent(
  message: Fields,
  path: string,
  images: GivenImages,
): Promise<Pick<GivenMessage, 'content' | 'images'>> {
  const { content } = message;
  if (typeof content === 'string') return { content, images: null };
  if (!Array.isArray(content))
    throw refused(`${path}.content`, 'must be a string or a list of parts');
  const texts: string[] = [];
  const found: ImageReference[] = [];
  for (const [index, part] of content.entries()) {
    const here = `${path}.content[${String(index)}]`;
    if (isFields(part) && part.type === 'image_url')
      found.push(await images.add(dataUrlOf(part, here), `${here}.image_url.url`));
    else if (isFields(part) && part.type === 'input_audio') throw refused(here, AUDIO);
    else if (isFields(part) && part.type === 'text') texts.push(textPart(part, here));
    else throw refused(here, 'must be a part of type text or image_url');
  }
  return { content: texts.join(''), images: found.length > 0 ? found : null };
}

function dataUrlOf({ image_url: image }: Fields, path: string): string {
  const url = isFields(image) ? image.url : image;
  if (typeof url === 'string' && isDataUrl(url)) return url;
  throw refused(
    `${path}.image_url.url`,
    'must be a data URL: images are not fetched from addresses',
  );
}

function answer(message: Fields, path: string): GivenMessage {
  if (isGiven(message.function_call))
    throw refused(`${path}.function_call`, 'is not supported; use tool_calls');
  const content = isGiven(message.content) ? answerText(message, path) : '';
  const calls = (listIn(message, 'tool_calls', `${path}.tool_calls`) ?? []).map((call, index) =>
    callOf(call, `${path}.tool_calls[${String(index)}]`),
  );
  return { role: 'assistant', content, parts: partsOf(content, calls) };
}

/** A refusal of the model is what it said. */
function answerText(message: Fields, path: string): string {
  const { content } = message;
  if (!Array.isArray(content)) return textOf(message, path);
  return content
    .map((part: unknown, index) =>
      isFields(part) && part.type === 'refusal' && typeof part.refusal === 'string'
        ? part.refusal
        : textPart(part, `${path}.content[${String(index)}]`),
    )
    .join('');
}

function partsOf(content: string, calls: readonly ToolCall[]): AnswerParts | null {
  if (calls.length === 0) return null;
  const text: Part[] = content === '' ? [] : [{ text: content.length }];
  return { list: [...text, ...calls.map((toolCall) => ({ toolCall }))], thinkingMs: null };
}

function callOf(call: unknown, path: string): ToolCall {
  if (!isFields(call) || !isFields(call.function))
    throw refused(path, 'must be a call of a function');
  const id = textIn(call, 'id', `${path}.id`);
  const name = textIn(call.function, 'name', `${path}.function.name`);
  if (id === undefined || name === undefined) throw refused(path, 'must have an id and a name');
  const given = textIn(call.function, 'arguments', `${path}.function.arguments`) ?? '';
  return callWith(id, name, given);
}

function result(message: Fields, path: string): GivenMessage {
  const callId = textIn(message, 'tool_call_id', `${path}.tool_call_id`);
  if (callId === undefined) throw refused(`${path}.tool_call_id`, 'is required');
  return {
    role: 'tool',
    content: textOf(message, path),
    toolAnswer: { callId, isError: false },
  };
}
