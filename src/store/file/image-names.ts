import type { ImageReference } from '../../domain/conversation.js';
import { isImageType, type ImageType } from '../../domain/image.js';
import type { ImageUse } from '../image-store.js';
import { safeName } from './layout.js';

/** What the name of a file in an owner's folder of images says. */
export type ImageFileName =
  | { kind: 'image'; image: ImageReference }
  | {
      kind: 'use';
      imageId: string;
      /** As its file is called. */
      conversation: string;
      messageId: string;
      /** Whether its message has come about is not known. */
      isOpen: boolean;
    };

const EXTENSIONS: Record<ImageType, string> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
};
const TYPES = new Map(Object.entries(EXTENSIONS).map(([type, extension]) => [extension, type]));

const IMAGE = /^([0-9a-f]{64})\.(\d+)\.(png|jpg|webp)$/;
const USE = /^([0-9a-f]{64})\.([a-z0-9~-]+)\.([a-z0-9~-]+)\.(open|use)$/;

export function imageName({ id, mediaType, bytes }: ImageReference): string {
  const extension = isImageType(mediaType) ? EXTENSIONS[mediaType] : 'png';
  return `${id}.${bytes}.${extension}`;
}

export function useName(
  { conversationId, messageId }: ImageUse,
  imageId: string,
  isOpen: boolean,
): string {
  const state = isOpen ? 'open' : 'use';
  return `${imageId}.${safeName(conversationId)}.${safeName(messageId)}.${state}`;
}

/** Null for a file of another program. */
export function parseImageName(name: string): ImageFileName | null {
  const image = IMAGE.exec(name);
  if (image) {
    const [, id = '', bytes, extension = ''] = image;
    const mediaType = TYPES.get(extension) ?? '';
    return { kind: 'image', image: { id, mediaType, bytes: Number(bytes) } };
  }
  const [, imageId, conversation, messageId, state] = USE.exec(name) ?? [];
  if (imageId === undefined || conversation === undefined || messageId === undefined) return null;
  return { kind: 'use', imageId, conversation, messageId, isOpen: state === 'open' };
}
