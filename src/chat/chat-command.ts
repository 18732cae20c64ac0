import type { GivenParameters } from '../domain/model-parameters.js';
import type { CancelSignal } from '../domain/cancellation.js';
import type { ImageReference } from '../domain/conversation.js';
import type { OnDisconnect, StagedMessage } from '../domain/generation.js';
import type { ModelAsk, ModelSettings, Tool } from '../domain/model.js';
import type { Wire } from '../domain/wire.js';
import type { Truncation } from '../domain/report.js';
import type { TokenQuotas } from '../domain/token-usage.js';
import type { AuditActor } from '../observability/audit/audit.js';
import type { Expected } from '../store/conversation-store.js';
import type { CallRule } from './call-rule.js';

/** Who asks for an answer, and what its key permits. */
export interface Asker {
  ownerId: string;
  /** The client for which limits count. */
  clientId: string;
  /** The name of the key for which its tokens are counted. */
  keyName: string;
  /** Null: none. */
  quotas: TokenQuotas | null;
  /** For an audit. */
  actor: AuditActor;
  /** Aborts when the client's key is revoked; null where it cannot be. */
  withdrawn: CancelSignal | null;
  /** The models that the client may use; null for all. */
  models: readonly string[] | null;
}

/** What an answer is asked with, whatever it answers. */
export interface AnswerWish extends Asker {
  /** The API through which it came. */
  wire: Wire;
  /** Public id made by the client. */
  generationId: string | null;
  onDisconnect: OnDisconnect;
  idempotency: { key: string; fingerprint: string } | null;
  /** The client's stream slots, of which a streamed answer takes one; none for any other. */
  slots: string[];
  given: GivenParameters;
  /** Tools that the model may call. */
  tools: readonly Tool[];
}

/** A client's request for a turn. */
export interface ChatCommand extends AnswerWish {
  /** Null if there is none: results of tools alone, or an earlier message answered again. */
  message: string | null;
  /** Images beside the message; null for none. */
  images: readonly ImageReference[] | null;
  /** Whether an earlier message is answered again. */
  regenerate: boolean;
  /** The client's id of the message; null: none. */
  messageClientId: string | null;
  /** Messages of any role that stand before it, as the client has them. */
  before: readonly ClientMessage[];
  /** Results of calls of the answer that the turn follows. */
  toolResults: readonly ToolResult[];
  /** Null: it names none. */
  model: string | null;
  conversationId: string | null;
  /** What the wire needs to write the answer again; null: nothing. */
  echo: string | null;
  /** Where the client names its conversations itself: `conversationId` is made of that name. Null elsewhere. */
  chat: NamedChat | null;
  /** Where the turn goes: a message, or the conversation's id for the top; null: the end of the active branch. */
  parentId: string | null;
  /** What the active branch must still end with under the claim; left out or null: whatever it does. */
  endsAt?: string | null;
  /** Revisions of the conversation, one of which it must have. */
  expected: Expected;
  /** System prompt of a new conversation. */
  system: string | null;
  /** Told to the model for this answer alone, after the system prompt; left out or null: nothing. */
  instructions?: string | null;
  truncation: Truncation;
  /** Left out or null: the model decides what it calls. */
  calls?: CallRule | null;
  /** Room in the context that is kept for the answer, in tokens; left out: all of `max_tokens`. */
  leastAnswer?: number;
  /** Whether its generation is kept (`NewGeneration`); left out: it is not. */
  isKept?: boolean;
  /** Whether its conversation is a copy that was made for it (`TurnPlaces`); left out: it is not. */
  isInCopy?: boolean;
}

/** A command with what its conversation, its model and the configuration add to it. */
export interface ModelCommand extends ChatCommand {
  model: string;
  /** Told to the model where the conversation has no system prompt. */
  defaultSystem: string | null;
  /** Told to the model after that, for this answer alone. */
  told: readonly string[];
  parameters: ModelParameters;
  ask: ModelAsk;
}

/** A message that a client gives, before it has an id and a time. */
export type ClientMessage = Omit<StagedMessage, 'id' | 'createdAt'>;

/** A conversation by its client's name. */
export interface NamedChat {
  id: string;
  /** It was not there when it was looked for; another request may open it first. */
  isNew: boolean;
}

/** Whether a turn makes its conversation, as far as is known before its claim. */
export function opensConversation({
  conversationId,
  chat,
}: Pick<ChatCommand, 'conversationId' | 'chat'>): boolean {
  return conversationId === null || (chat?.isNew ?? false);
}

/** The result of a tool call, as a client sends it. */
export interface ToolResult {
  callId: string;
  content: string;
  isError: boolean;
}

export type ModelParameters = Omit<ModelSettings, 'model'>;
