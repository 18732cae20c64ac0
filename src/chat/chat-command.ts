import type { OnDisconnect } from '../domain/generation.js';
import type { ModelSettings } from '../domain/model.js';

/** A client's request for a turn, with all defaults filled in. */
export interface ChatCommand {
  ownerId: string;
  /** The client for which limits count. */
  clientId: string;
  /** Null if the last user message is answered again. */
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

export type ModelParameters = Omit<ModelSettings, 'model'>;
