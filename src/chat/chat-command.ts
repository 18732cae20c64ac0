import type { OnDisconnect } from '../domain/generation.js';

/** What a client asks of a turn, with every default already in its place. */
export interface ChatCommand {
  ownerId: string;
  /** Whom limits count. */
  clientId: string;
  /** Null when the last user message is answered anew. */
  message: string | null;
  model: string;
  conversationId: string | null;
  /** System prompt of a new conversation. */
  system: string | null;
  /** Public id made by the client. */
  generationId: string | null;
  onDisconnect: OnDisconnect;
  idempotency: { key: string; fingerprint: string } | null;
  /** The client's stream slots, of which a streamed answer takes one; none for any other. */
  slots: string[];
  parameters: ModelParameters;
}

export interface ModelParameters {
  temperature: number;
  maxTokens: number;
  topP: number;
  stop: string[];
}
