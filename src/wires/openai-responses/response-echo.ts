/** What a response repeats of its request, by the names of OpenAI's API. */
export interface RepeatedFields {
  background: boolean;
  instructions: string | null;
  max_output_tokens: number | null;
  max_tool_calls: null;
  metadata: Readonly<Record<string, string>>;
  parallel_tool_calls: boolean;
  previous_response_id: string | null;
  prompt_cache_key: string | null;
  reasoning: { effort: string | null; summary: string | null };
  safety_identifier: string | null;
  service_tier: 'default';
  store: boolean;
  temperature: number | null;
  text: object;
  tool_choice: unknown;
  tools: readonly object[];
  top_logprobs: 0;
  top_p: number | null;
  truncation: 'auto' | 'disabled';
  user: string | null;
}

/** A text of the system that no conversation has. */
export interface ToldText {
  text: string;
  /** How many messages of its turn stand before it, without the system prompt of its conversation. */
  at: number;
}

/** What is stored of a request, so that every process writes the same response. */
export interface ResponseEcho {
  /** As it was asked for; null: the request named none. */
  model: string | null;
  /** The namespaces of the functions that have one, by the function's name. */
  namespaces: Readonly<Record<string, string>>;
  /** How many messages of its turn the client gave, without the system prompt of its conversation. */
  given: number;
  /** What was told to the model for this answer alone, beside the instructions. */
  told: readonly ToldText[];
  repeated: RepeatedFields;
}

/** Of a generation of another API. */
const NONE: ResponseEcho = {
  model: null,
  namespaces: {},
  given: Infinity,
  told: [],
  repeated: {
    background: false,
    instructions: null,
    max_output_tokens: null,
    max_tool_calls: null,
    metadata: {},
    parallel_tool_calls: true,
    previous_response_id: null,
    prompt_cache_key: null,
    reasoning: { effort: null, summary: null },
    safety_identifier: null,
    service_tier: 'default',
    store: true,
    temperature: null,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_logprobs: 0,
    top_p: null,
    truncation: 'disabled',
    user: null,
  },
};

/** Says whose echo it is: each API has one of its own. */
const OBJECT = 'response';

export function encodeEcho(echo: ResponseEcho): string {
  return JSON.stringify({ object: OBJECT, ...echo });
}

export function decodeEcho(echo: string | null): ResponseEcho {
  const value = echo === null ? null : (JSON.parse(echo) as { object?: string } & ResponseEcho);
  // A response that was stored before a field was there has none of it.
  return value?.object === OBJECT ? { ...NONE, ...value } : NONE;
}
