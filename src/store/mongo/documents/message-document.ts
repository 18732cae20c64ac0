import type {
  FinishReason,
  Message,
  MessageRole,
  MessageStatus,
  Usage,
} from '../../../domain/conversation.js';
import type { StagedMessage } from '../../../domain/generation.js';
import { givenMessage } from '../../rules/given-message.js';
import { decodeBeside, encodeBeside } from '../../support/answer-json.js';
import { placeKey } from './conversation-documents.js';

/** A message at its place in a conversation. */
export interface MessageDocument {
  /** `placeKey(conversation, seq)`: of two writers of the same place the first one succeeds. */
  _id: string;
  /** `_id` of its conversation. */
  conversation: string;
  /** Place in the conversation, from 1, in the order made. */
  seq: number;
  id: string;
  /** Missing: none. */
  clientId?: string;
  /** 1 of a child of the top. Missing: of a release without branches. */
  depth?: number;
  /**
   * The place of the first message of its run: the messages that each follow the one at the place
   * before. Missing in the run that begins the conversation.
   */
  run?: number;
  /** Of the first message of any other run: `placeKey` of its parent. */
  parent?: string;
  /** With `parent`: the newest runs of the branch up to that one, as `packRuns` has them. */
  above?: number[];
  /** Rises when its place in the tree is written anew: as in `StoredPending`. Missing: never yet. */
  moved?: number | null;
  role: MessageRole;
  /** Empty while its answer is being written: the text so far is in the log. */
  content: string;
  createdAt: number;
  status: MessageStatus;
  model: string | null;
  finishReason: FinishReason | null;
  usage: Usage | null;
  /** What it has beside its text, as JSON; missing where it has nothing. */
  parts?: string | null;
  /** Public id of the generation that wrote it. */
  generationId: string | null;
  /** Key of that generation. */
  generation: string | null;
}

/** What says where a message is in the tree. */
export type Link = Pick<
  MessageDocument,
  'id' | 'seq' | 'role' | 'depth' | 'run' | 'parent' | 'moved'
>;

export const LINK_FIELDS = {
  id: 1,
  seq: 1,
  role: 1,
  depth: 1,
  run: 1,
  parent: 1,
  moved: 1,
} as const;

/** The field of a message that a client named. */
export function namedBy(clientId: string | null): Pick<MessageDocument, 'clientId'> {
  return clientId === null ? {} : { clientId };
}

/** A message that has ended, without its place in the tree. */
export function endedDocument(
  conversation: string,
  seq: number,
  message: Message,
): MessageDocument {
  return {
    _id: placeKey(conversation, seq),
    conversation,
    seq,
    id: message.id,
    ...namedBy(message.clientId),
    role: message.role,
    content: message.content,
    createdAt: message.createdAt,
    status: message.status,
    model: message.model,
    finishReason: message.finishReason,
    usage: message.usage,
    parts: encodeBeside(message),
    generationId: message.generationId,
    generation: null,
  };
}

/** The same of one that a client gave. */
export function givenDocument(
  conversation: string,
  seq: number,
  message: StagedMessage,
): MessageDocument {
  // The parent is part of the place.
  return endedDocument(conversation, seq, givenMessage(message, ''));
}

export function toMessage(document: MessageDocument, parentId: string): Message {
  const { parts, images, toolAnswer } = decodeBeside(document.parts);
  return {
    id: document.id,
    clientId: document.clientId ?? null,
    parentId,
    role: document.role,
    content: document.content,
    createdAt: document.createdAt,
    status: document.status,
    model: document.model,
    finishReason: document.finishReason,
    usage: document.usage,
    parts,
    images,
    toolAnswer,
    generationId: document.generationId,
    seq: null,
  };
}
