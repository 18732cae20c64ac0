export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** Where conversations live, parsed from `HISTORY_STORAGE_TYPE` and `HISTORY_DB_URL`. */
export type StorageTarget =
  | { kind: 'memory' }
  | { kind: 'file'; folder: string }
  | { kind: 'sqlite'; file: string }
  | { kind: 'postgres'; url: string; pool: number }
  | { kind: 'mongodb'; url: string; pool: number };

/** One API key: whose it is, and the SHA-256 digest it is compared by. */
export interface ApiKey {
  owner: string;
  digest: Buffer;
}

/**
 * Everything the service can be told, checked and frozen at the start. Times are milliseconds,
 * whatever unit the variable has; null means "no limit" or "not set".
 */
export interface Settings {
  readonly api: {
    readonly host: string;
    readonly port: number;
    readonly debug: boolean;
    readonly workers: number;
    /** Empty: no keys, one owner. */
    readonly keys: readonly ApiKey[];
    readonly corsOrigins: '*' | readonly string[];
    /** Request headers that browsers may send beside those that are always allowed. */
    readonly corsHeaders: readonly string[];
    /** Names in `Host` that a service without keys answers to; `*` for any, `*.` before an ending. */
    readonly allowedHosts: readonly string[];
    /** Express's `trust proxy`: false, a hop count, or subnets. */
    readonly trustProxy: false | number | readonly string[];
    /** How long an idle connection is kept. */
    readonly keepAliveMs: number;
    /** Bytes of a body on the chat routes. */
    readonly maxChatBody: number;
  };
  readonly ollama: {
    /** May hold a user and a password. */
    readonly baseUrl: string;
    /** For `Authorization: Bearer`. */
    readonly apiKey: string | null;
    /** Names in small letters, and values, of further headers. */
    readonly headers: readonly (readonly [name: string, value: string])[];
    /** Longest silence of the model, before or between tokens. */
    readonly timeoutMs: number;
    readonly retries: number;
    /** Ollama's `keep_alive`, as it is given; null: Ollama's own default. */
    readonly keepAlive: string | null;
  };
  readonly models: {
    /** The kind of server that has the models: one adapter each. */
    readonly provider: 'ollama';
    /** Name of the model that answers when a request names none. */
    readonly default: string;
    /** Largest context to ask for, in tokens; null: the Modelfile's, else the model's own up to 8,192. */
    readonly contextTokens: number | null;
    readonly defaultTemperature: number;
    readonly defaultMaxTokens: number;
    readonly defaultTopP: number;
    /** Allowed model names; null: every local one. */
    readonly allow: readonly string[] | null;
  };
  readonly history: {
    readonly storage: StorageTarget;
    /** Conversations kept for an owner; 0 keeps all. */
    readonly maxConversations: number;
    /** Messages that a conversation may have; null: no bound. */
    readonly maxMessages: number | null;
  };
  readonly generation: {
    readonly timeoutMs: number | null;
    /** Longest answer, in bytes of UTF-8. */
    readonly maxAnswerBytes: number;
    /** How long the log of a finished generation can be replayed. */
    readonly retentionMs: number;
    readonly disconnectGraceMs: number;
    /** A reader that takes nothing for so long is dropped. */
    readonly stallTimeoutMs: number;
    readonly maxConcurrent: number | null;
    readonly maxQueued: number;
  };
  readonly rateLimit: {
    readonly enabled: boolean;
    /** Generations a client may start in a minute. */
    readonly requests: number;
    /** Other requests of a client in a minute. */
    readonly readRequests: number;
    /** Streamed generations of a client at once. */
    readonly streams: number;
  };
  readonly log: {
    readonly level: LogLevel;
    readonly file: string | null;
    readonly format: 'json' | 'text';
  };
  readonly shutdown: {
    readonly delayMs: number;
    readonly drainMs: number;
  };
}

/** DI token of the frozen settings: `constructor(@Inject(SETTINGS) settings: Settings)`. */
export const SETTINGS = Symbol('SETTINGS');
