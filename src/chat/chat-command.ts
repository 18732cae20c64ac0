import type { OnDisconnect } from '../domain/generation.js';

/** What a client asks of a turn, with every default already in its place. */
export interface ChatCommand {
  ownerId: string;
  /** Whom stream slots count. */
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
  /** Whether the answer is streamed, so that it takes one of the client's stream slots. */
  streamed: boolean;
  parameters: ModelParameters;
}

export interface ModelParameters {
  temperature: number;
  maxTokens: number;
  topP: number;
  stop: string[];
}
