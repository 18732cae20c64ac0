import type { Binary } from 'mongodb';
import type { ImageUse } from '../../image-store.js';
import { owned } from './conversation-documents.js';

/** An image of an owner, without its bytes. */
export interface ImageDocument {
  /** `owned(ownerId, id)`. */
  _id: string;
  ownerId: string;
  mediaType: string;
  bytes: number;
  /** The content that holds its bytes. */
  content: string;
  /** Set by the process that is about to remove it, emptied by one that uses it again. */
  removing: string | null;
}

/** A piece of a content: all have the same size but the last. */
export interface ImagePieceDocument {
  /** `pieceKey(content, place)`. */
  _id: string;
  content: string;
  data: Binary;
}

/** A message that uses an image, or will once it is committed. */
export interface ImageUseDocument {
  /** `useKey(messageId, image)`. */
  _id: string;
  /** `_id` of the image. */
  image: string;
  /** `_id` of the conversation. */
  conversation: string;
  messageId: string;
  /** When it was put, while it is not known whether its message came about; then null. */
  openSince: number | null;
}

/** A content that is being written or removed: a crash leaves it to the sweep. */
export interface ImageChangeDocument {
  _id: string;
  content: string;
  /** `_id` of the image that may have it. */
  image: string;
  at: number;
  /** Whether a sweep completes it. */
  taken: boolean;
}

export function pieceKey(content: string, place: number): string {
  return `${content}\u0000${place}`;
}

export function useKey(messageId: string, image: string): string {
  return `${messageId}\u0000${image}`;
}

export function useDocument(
  { ownerId, conversationId, messageId }: ImageUse,
  imageId: string,
): Omit<ImageUseDocument, 'openSince'> {
  const image = owned(ownerId, imageId);
  const conversation = owned(ownerId, conversationId);
  return { _id: useKey(messageId, image), image, conversation, messageId };
}
