import type { ImageReference } from '../domain/conversation.js';
import type { OnDisconnect } from '../domain/generation.js';
import type { ModelAsk, ModelSettings } from '../domain/model.js';
import type { Truncation } from '../domain/report.js';

/** A client's request for a turn, with all defaults filled in. */
export interface ChatCommand {
  ownerId: string;
  /** The client for which limits count. */
  clientId: string;
  /** Null if there is none: results of tools alone, or an earlier question answered again. */
  message: string | null;
  /** Images beside the message; null for none. */
  images: readonly ImageReference[] | null;
  /** Whether the last question is answered again. */
  regenerate: boolean;
  /** Results of calls of the last answer. */
  toolResults: readonly ToolResult[];
  /** Null: the model that called the tools. */
  model: string | null;
  conversationId: string | null;
  /** System prompt of a new conversation. */
  system: string | null;
  /** Public id made by the client. */
  generationId: string | null;
  onDisconnect: OnDisconnect;
  truncation: Truncation;
  idempotency: { key: string; fingerprint: string } | null;
  /** The client's stream slots, of which a streamed answer takes one; none for any other. */
  slots: string[];
  parameters: ModelParameters;
  ask: ModelAsk;
}

/** A command whose model is known. */
export interface ModelCommand extends ChatCommand {
  model: string;
}

/** The result of a tool call, as a client sends it. */
export interface ToolResult {
  callId: string;
  content: string;
  isError: boolean;
}

export type ModelParameters = Omit<ModelSettings, 'model'>;
