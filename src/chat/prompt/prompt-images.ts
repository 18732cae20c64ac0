import { HumanMessage, type BaseMessage } from '@langchain/core/messages';
import type { ImageReference } from '../../domain/conversation.js';
import type { ImageReading } from '../../domain/image.js';

/** A stored image of the conversation; null if it is gone. */
export type ReadImage = (id: string) => Promise<ImageReading | null>;

/**
 * Estimated tokens of an image. Most models take the same number for any image: from 256 (Gemma 3) over
 * 576 (LLaVA) to about 1,300 (Qwen 2.5 VL at its largest); eight fit a window of 8,192.
 */
export const IMAGE_TOKENS = 1_000;
/** The least: a message is refused by it, and the model server judges the others. */
export const LEAST_IMAGE_TOKENS = 250;

/** Before the id of a stored image, in the place of its data URL. */
const STORED = 'stored:';

type Block = Exclude<BaseMessage['content'], string>[number];

/** A user's message with images, which are loaded once it is known that they are sent. */
export function messageWithImages(text: string, images: readonly ImageReference[]): HumanMessage {
  const blocks = images.map(({ id }) => ({
    type: 'image_url' as const,
    image_url: { url: STORED + id },
  }));
  const texts = text === '' ? [] : [{ type: 'text' as const, text }];
  return new HumanMessage({ content: [...texts, ...blocks] });
}

/** The text of a message, as far as tokens are counted by it. */
export function contentOf({ content }: BaseMessage): string {
  if (typeof content === 'string') return content;
  const texts = content.filter(({ type }) => type !== 'image_url');
  return texts.map((block) => (isText(block) ? block.text : JSON.stringify(block))).join('\n');
}

/** How many images a message has. */
export function imagesIn({ content }: BaseMessage): number {
  if (typeof content === 'string') return 0;
  return content.filter(({ type }) => type === 'image_url').length;
}

/** The same messages with the images' bytes, as data URLs. One that is gone is left out. */
export async function loadImages(messages: BaseMessage[], read: ReadImage): Promise<BaseMessage[]> {
  if (!messages.some(hasStored)) return messages;
  const loaded: BaseMessage[] = [];
  for (const message of messages) loaded.push(await loadInto(message, read));
  return loaded;
}

async function loadInto(message: BaseMessage, read: ReadImage): Promise<BaseMessage> {
  const { content } = message;
  if (typeof content === 'string' || !hasStored(message)) return message;
  const blocks: Block[] = [];
  for (const block of content) {
    const id = storedId(block);
    const url = id === null ? null : await dataUrl(id, read);
    if (id === null) blocks.push(block);
    else if (url !== null) blocks.push({ type: 'image_url', image_url: { url } });
  }
  return new HumanMessage({ content: blocks });
}

async function dataUrl(id: string, read: ReadImage): Promise<string | null> {
  const image = await read(id);
  if (!image) return null;
  let url = `data:${image.mediaType};base64,`;
  // Each piece is a multiple of three bytes.
  for await (const piece of image.pieces) url += piece.toString('base64');
  return url;
}

function hasStored({ content }: BaseMessage): boolean {
  return typeof content !== 'string' && content.some((block) => storedId(block) !== null);
}

function storedId(block: Block): string | null {
  if (block.type !== 'image_url') return null;
  const image: unknown = block.image_url;
  const url = typeof image === 'object' && image !== null && 'url' in image ? image.url : null;
  return typeof url === 'string' && url.startsWith(STORED) ? url.slice(STORED.length) : null;
}

function isText(block: Block): block is Block & { text: string } {
  return block.type === 'text' && typeof block.text === 'string';
}
