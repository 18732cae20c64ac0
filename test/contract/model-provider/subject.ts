import type { GivenToolCall, ModelSettings, Tool } from '../../../src/domain/model.js';
import type { ChatModel, ModelProvider } from '../../../src/models/model-provider.js';
import type { RecordingLogger } from '../../support/recording-logger.js';

/** What the model does with its next request, prepared by the test. */
export type Behaviour =
  /** Gives these tokens and ends. */
  | {
      does: 'answer';
      tokens: string[];
      finishReason?: 'stop' | 'length';
      /** Thinking before the tokens, in pieces. */
      thoughts?: string[];
      /** Tool calls after the tokens. */
      calls?: GivenToolCall[];
    }
  /** Gives these tokens, and then nothing more; the connection stays open. */
  | { does: 'hang'; after: string[] }
  /** Gives these tokens and fails. */
  | { does: 'fail'; after: string[] }
  /** Gives these tokens and then what is no part of its protocol. */
  | { does: 'garble'; after: string[]; bytes: string }
  /** Fails before the first token in a way that may pass. */
  | { does: 'be busy' }
  /** Says that it does not have the model. */
  | { does: 'miss the model' };

/** Text of failures that must not reach a client. */
export const SECRET = 'scripted failure with secret words';

export interface ChatOptions {
  timeoutMs?: number;
  retries?: number;
}

/** What a generation asks of its model. */
export type Asked = Pick<ModelSettings, 'model' | 'temperature' | 'maxTokens' | 'topP' | 'stop'> & {
  contextTokens: number;
};

export const USUAL: Asked = {
  model: 'llama2',
  temperature: 0.7,
  maxTokens: 1000,
  topP: 1,
  stop: [],
  contextTokens: 4096,
};

/** What the server was asked for beside `Asked`, as it got it: null where it was not. */
export interface AskedMore {
  format: unknown;
  tools: readonly Tool[] | null;
}

/** A model behind the port, whose other side the test plays. */
export interface ChatModelUnderTest {
  readonly logger: RecordingLogger;
  /** Prepares a request; several are used in order. */
  next(behaviour: Behaviour): void;
  /** How many requests have arrived. */
  requests(): number;
  /** What the server was asked for by the last of them. */
  lastRequest(): Asked;
  /** What else it was asked for. */
  lastAsk(): AskedMore;
  /** The model of one generation, of `USUAL` settings unless others are given. */
  model(options?: ChatOptions, asked?: Asked): ChatModel;
  dispose(): Promise<void>;
}

/** What the bytes of an answer are, after some tokens. */
export type Fault =
  | 'a line that cannot be parsed'
  | 'an error of the server'
  | 'an end without the last line'
  | 'half a line and the end'
  | 'a closed connection'
  | 'a reset connection';

export const FAULTS: readonly Fault[] = [
  'a line that cannot be parsed',
  'an error of the server',
  'an end without the last line',
  'half a line and the end',
  'a closed connection',
  'a reset connection',
];

/** How the bytes of an answer are sent. */
export type Framing = 'a byte a write' | 'all in one write';

/** An answer with another status than 200, or of another kind than an answer. */
export interface Refusal {
  status: number;
  /** In the server's own form for errors; HTML; JSON that says nothing; nothing. */
  body: 'an error' | 'html' | 'json' | 'nothing';
}

/** A model over one of our own transports. */
export interface TransportUnderTest extends ChatModelUnderTest {
  /** Prepares an answer that begins with `tokens`; `until` holds the fault back. */
  nextFault(tokens: string[], fault: Fault, until?: Promise<void>): void;
  /** Prepares the response to one request. */
  nextRefusal(refusal: Refusal): void;
  /** From now on nobody listens. */
  stop(): Promise<void>;
  /** What an operator reads where credentials are wrong, and where the address is. */
  readonly variables: { credentials: string; address: string };
  /** Prepares a whole answer. */
  nextFramed(tokens: string[], framing: Framing): void;
  /** Prepares a whole answer; its tokens wait for `until`. */
  nextHeld(tokens: string[], until: Promise<void>): void;
  /** Resolves once the request of this number (from 0) has arrived and its connection is closed by us. */
  closedByUs(index: number): Promise<void>;
  /** Resolves once the request of this number has arrived. */
  arrived(index: number): Promise<void>;
  /** Open connections. */
  connections(): Promise<number>;
}

/** A provider, on whose server there is the model `llama2` at first. */
export interface ProviderUnderTest {
  readonly provider: ModelProvider;
  /** Whether its server may pass a model on to another host. */
  readonly passesOn: boolean;
  /** One that the server runs and that can chat, unless another kind is named. */
  addModel(name: string, kind?: 'served elsewhere' | 'not for chat'): void;
  removeModel(name: string): void;
  /** The server refuses connections from now on. */
  stop(): Promise<void>;
  connections(): Promise<number>;
  dispose(): Promise<void>;
}
