import { sentWish, type SentRequest } from '../../chat/asker.js';
import { GivenImages } from '../../chat/given-images.js';
import type { GivenMessage, StatelessCommand } from '../../chat/stateless-command.js';
import type { ImageReference } from '../../domain/conversation.js';
import type { Route } from './answer-fields.js';
import { writeEcho } from './echo.js';
import type { Field, Fields } from './request/fields.js';
import { writtenImage } from './request/images.js';
import type { ReadMessage } from './request/messages.js';
import type { OllamaRequest } from './request/ollama-request.js';

/** What of a request is not in its body. */
export interface Sent extends SentRequest {
  route: Route;
}

/** Throws `validation` for an image that is none, and for headers that are wrong. */
export async function toCommand(
  asked: OllamaRequest,
  body: Fields,
  { route, ...sent }: Sent,
): Promise<StatelessCommand> {
  const images = new GivenImages();
  const messages: GivenMessage[] = [];
  for (const message of asked.messages) messages.push(await givenMessage(message, images));
  return {
    wire: 'ollama',
    ...sentWish(sent, { route: `ollama ${route}`, body, stream: asked.stream }),
    given: asked.given,
    tools: asked.tools,
    model: asked.model,
    messages,
    images: images.all,
    maxTokens: asked.maxTokens,
    contextTokens: asked.contextTokens,
    truncation: asked.truncation,
    format: asked.format,
    calls: null,
    echo: writeEcho(asked.model),
  };
}

async function givenMessage(
  { images, ...message }: ReadMessage,
  all: GivenImages,
): Promise<GivenMessage> {
  return { ...message, images: images.length === 0 ? null : await imagesOf(images, all) };
}

async function imagesOf(given: readonly Field[], all: GivenImages): Promise<ImageReference[]> {
  const images: ImageReference[] = [];
  for (const field of given) images.push(await all.add(writtenImage(field), field.path));
  return images;
}
