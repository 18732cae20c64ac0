/**
 * What official clients see of the service: a row for each client, a cell for each behaviour. Each cell is
 * shown by a case of the client's test, but those that say why the client has nothing to show.
 */

/** Behaviour → head of its column. */
export const BEHAVIOURS = {
  plain: 'whole answer',
  streamed: 'stream',
  'error before': 'error before the first token',
  'error after': 'error after it',
  abort: 'abort by the client',
  cancelled: 'cancelled elsewhere',
  reconnect: 'reconnect',
  retry: 'retry',
  tools: 'tools',
  structured: 'structured output',
  images: 'images',
  thinking: 'thinking',
};

/**
 * @typedef {{ says: string, note: string | null, tested: boolean }} Cell
 * @typedef {object} Client
 * @property {string} name
 * @property {string} package as `package.json`, `requirements.txt` or `go.mod` names it
 * @property {'npm' | 'pypi' | 'go' | null} from null: it is a request alone
 * @property {string} tests the file with its cases
 * @property {Record<string, Cell>} cells
 */

/** @param {string} says @param {string} note @returns {Cell} */
const noted = (says, note) => ({ says, note, tested: true });

/** A cell that nothing can be shown of. @param {string} note why, in the client's terms */
const none = (note) => ({ says: 'no', note, tested: false });

/**
 * @param {Omit<Client, 'cells'>} client
 * @param {Record<keyof typeof BEHAVIOURS, string | Cell>} cells
 * @returns {Client}
 */
const row = (client, cells) => ({
  ...client,
  cells: Object.fromEntries(
    Object.keys(BEHAVIOURS).map((behaviour) => {
      const cell = cells[behaviour];
      return [
        behaviour,
        typeof cell === 'string' ? { says: cell, note: null, tested: true } : cell,
      ];
    }),
  ),
});

/** @param {Client} client @returns {string[]} behaviours that have a case */
export const testedOf = ({ cells }) =>
  Object.keys(cells).filter((behaviour) => cells[behaviour].tested);

const STOPS = 'the model stops';
const FROM_START = noted(
  'by `Idempotency-Key`',
  'The protocol has no way to ask for the rest of an answer. A request with the same `Idempotency-Key` joins the answer, or has it again, from its beginning; `GET /api/generations/{id}/stream?after=n` has the rest.',
);
const SENT_ONCE = noted(
  'by `Idempotency-Key`',
  'The client sends each request once. The same `Idempotency-Key` gives the same answer.',
);
const OWN_RETRIES = noted(
  'its own, and by key',
  'The client tries again what had the status 409, 429 or 5xx, after the time that `Retry-After` says. The same `Idempotency-Key` gives the same answer.',
);

const AI_RETRIES = noted(
  'its own',
  '`maxRetries` tries again what had the status 409, 429 or 5xx.',
);
const LANGCHAIN_RETRIES = noted(
  'its own',
  '`maxRetries` tries again what had the status 5xx or 429.',
);
const AGENTS_CANCELLED = noted(
  'ends; the text stays',
  'The SDK for agents shows no `finish_reason`: the run ends, and `finalOutput` is the text that came.',
);

const OPENAI_CHAT = {
  plain: 'yes',
  streamed: 'yes',
  'error before': '`APIError`, 503',
  'error after': '`APIError`; the text stays',
  abort: STOPS,
  cancelled: '`finish_reason` is `cancelled`',
  reconnect: FROM_START,
  retry: OWN_RETRIES,
  images: 'data URLs',
  thinking: '`reasoning_content`',
};

const OPENAI_RESPONSES = {
  ...OPENAI_CHAT,
  cancelled: 'status `cancelled`',
  reconnect: noted(
    '`starting_after`',
    'An answer in the background: `retrieve(id, { stream: true, starting_after })` has the rest, the same bytes.',
  ),
  thinking: 'item `reasoning`',
};

const OLLAMA = {
  plain: 'yes',
  streamed: 'yes',
  'error before': '`ResponseError`, 503',
  'error after': '`ResponseError`; the text stays',
  abort: STOPS,
  cancelled: '`done_reason` is `cancelled`',
  reconnect: FROM_START,
  retry: SENT_ONCE,
  tools: '`tool_calls`, `tool_name`',
  structured: '`format`',
  images: '`images`',
  thinking: '`think`',
};

const USE_CHAT = {
  plain: noted(
    'a page that loads',
    '`useChat` always streams. `GET /api/chat/ui/{chatId}` has what a page shows when it loads.',
  ),
  streamed: 'yes',
  'error before': '`error.message` is our JSON',
  'error after': '`error.message`; the text stays',
  abort: noted(
    '`stop()` leaves',
    '`stop()` only closes the connection, as a reload does: the answer goes on for the time of grace, and ends when the next message comes. `POST …/{chatId}/stop` stops it.',
  ),
  cancelled: '`ready`; the text stays',
  reconnect: '`resume: true`',
  retry: '`regenerate()`',
  tools: '`addToolOutput`',
  structured: '`parameters.format`',
  images: 'file parts',
  thinking: '`reasoning` parts',
};

/** @type {Record<string, Client>} */
export const CLIENTS = {
  'openai-chat-node': row(
    {
      name: '`openai` for Node, chat completions',
      package: 'openai',
      from: 'npm',
      tests: 'openai/chat-node.test.mjs',
    },
    { ...OPENAI_CHAT, tools: '`runTools`', structured: '`parse`' },
  ),
  'openai-chat-python': row(
    {
      name: '`openai` for Python, chat completions',
      package: 'openai',
      from: 'pypi',
      tests: 'openai/chat-python.test.mjs',
    },
    { ...OPENAI_CHAT, tools: '`tool_calls`', structured: '`parse`' },
  ),
  'ai-sdk-openai-chat': row(
    {
      name: '`@ai-sdk/openai`, `.chat()`',
      package: '@ai-sdk/openai',
      from: 'npm',
      tests: 'ai-sdk/provider-chat.test.mjs',
    },
    {
      ...OPENAI_CHAT,
      'error before': '`APICallError`, 503',
      'error after': 'part `error`; the text stays',
      cancelled: '`finishReason` is `other`',
      retry: AI_RETRIES,
      tools: '`execute`',
      structured: '`Output.object`',
      thinking: none(
        'The provider reads no `reasoning_content` of chat completions; its Responses model has thinking.',
      ),
    },
  ),
  'langchain-openai-chat': row(
    {
      name: '`@langchain/openai`, chat completions',
      package: '@langchain/openai',
      from: 'npm',
      tests: 'langchain/openai-chat.test.mjs',
    },
    {
      ...OPENAI_CHAT,
      'error before': 'its `status` is 503',
      'error after': 'throws; the text stays',
      tools: '`bindTools`',
      structured: '`withStructuredOutput`',
      retry: LANGCHAIN_RETRIES,
      thinking: noted(
        'in the raw response',
        '`ChatOpenAI` reads no reasoning of chat completions; with `__includeRawResponse: true` it is in `additional_kwargs.__raw_response`.',
      ),
    },
  ),
  'agents-chat': row(
    {
      name: '`@openai/agents`, chat completions',
      package: '@openai/agents',
      from: 'npm',
      tests: 'agents/chat.test.mjs',
    },
    {
      ...OPENAI_CHAT,
      cancelled: AGENTS_CANCELLED,
      tools: '`tool`',
      structured: '`outputType`',
      images: '`input_image`',
      thinking: '`reasoning_item`',
    },
  ),
  'ollama-node': row(
    {
      name: '`ollama` for Node',
      package: 'ollama',
      from: 'npm',
      tests: 'ollama/node.test.mjs',
    },
    {
      ...OLLAMA,
      'error after': 'throws; the text stays',
      abort: noted(
        STOPS,
        '`abort()` of a streamed answer; the client cannot abort one that is asked for as a whole.',
      ),
    },
  ),
  'ollama-python': row(
    {
      name: '`ollama` for Python',
      package: 'ollama',
      from: 'pypi',
      tests: 'ollama/python.test.mjs',
    },
    OLLAMA,
  ),
  'ollama-go': row(
    {
      name: 'Ollama’s `api` for Go',
      package: 'github.com/ollama/ollama',
      from: 'go',
      tests: 'ollama/go.test.mjs',
    },
    {
      ...OLLAMA,
      'error before': '`StatusError`, 503',
      'error after': 'returns an error',
      abort: noted(
        STOPS,
        '`Chat` returns no error where a connection ends early, its own abort included: the last line has no `Done` then.',
      ),
      retry: noted(
        'by `Idempotency-Key`',
        'The client sends each request once, and takes no headers: the transport of its `http.Client` adds them.',
      ),
    },
  ),
  'langchain-ollama': row(
    {
      name: '`@langchain/ollama`',
      package: '@langchain/ollama',
      from: 'npm',
      tests: 'langchain/ollama.test.mjs',
    },
    {
      ...OLLAMA,
      'error before': 'its `status_code` is 503',
      'error after': 'throws; the text stays',
      tools: '`bindTools`',
      structured: '`withStructuredOutput`',
      images: noted(
        'a message of their own',
        '`ChatOllama` makes a message of each part: the text is one, the picture is the next, without text.',
      ),
      retry: noted(
        'by `Idempotency-Key`',
        '`ChatOllama` sends each request once, whatever `maxRetries` says.',
      ),
      thinking: '`reasoning_content`',
    },
  ),
  'use-chat-6': row(
    {
      name: '`useChat` of `ai` 6 in Chromium',
      package: 'ai-6',
      from: 'npm',
      tests: 'ai-sdk/use-chat-6.test.mjs',
    },
    USE_CHAT,
  ),
  'use-chat-7': row(
    {
      name: '`useChat` of `ai` 7 in Chromium',
      package: 'ai',
      from: 'npm',
      tests: 'ai-sdk/use-chat-7.test.mjs',
    },
    USE_CHAT,
  ),
  'openai-responses-node': row(
    {
      name: '`openai` for Node, responses',
      package: 'openai',
      from: 'npm',
      tests: 'openai/responses-node.test.mjs',
    },
    { ...OPENAI_RESPONSES, tools: '`function_call_output`', structured: '`parse`' },
  ),
  'openai-responses-python': row(
    {
      name: '`openai` for Python, responses',
      package: 'openai',
      from: 'pypi',
      tests: 'openai/responses-python.test.mjs',
    },
    {
      ...OPENAI_RESPONSES,
      cancelled: noted(
        'status `cancelled`',
        '`get_final_response()` raises on every end but `completed`: read the last event.',
      ),
      tools: '`function_call_output`',
      structured: '`parse`',
    },
  ),
  'ai-sdk-openai-responses': row(
    {
      name: '`@ai-sdk/openai`, responses',
      package: '@ai-sdk/openai',
      from: 'npm',
      tests: 'ai-sdk/provider-responses.test.mjs',
    },
    {
      ...OPENAI_RESPONSES,
      'error before': '`APICallError`, 503',
      'error after': 'part `error`; the text stays',
      cancelled: noted(
        '`finishReason` is `stop`',
        'The provider looks at `incomplete_details` alone, whose reasons have none for a cancel; the header `X-Generation-Id` leads to the status.',
      ),
      reconnect: FROM_START,
      retry: AI_RETRIES,
      tools: '`execute`',
      structured: '`Output.object`',
      thinking: '`reasoningText`',
    },
  ),
  'langchain-openai-responses': row(
    {
      name: '`@langchain/openai`, responses',
      package: '@langchain/openai',
      from: 'npm',
      tests: 'langchain/openai-responses.test.mjs',
    },
    {
      ...OPENAI_RESPONSES,
      'error before': 'its `status` is 503',
      'error after': 'throws; the text stays',
      reconnect: FROM_START,
      retry: LANGCHAIN_RETRIES,
      tools: '`bindTools`',
      structured: '`withStructuredOutput`',
      thinking: '`additional_kwargs.reasoning`',
    },
  ),
  'agents-responses': row(
    {
      name: '`@openai/agents`, responses',
      package: '@openai/agents',
      from: 'npm',
      tests: 'agents/responses.test.mjs',
    },
    {
      ...OPENAI_RESPONSES,
      cancelled: noted(
        '`ModelBehaviorError`',
        'The SDK for agents throws on every end but `completed`.',
      ),
      reconnect: FROM_START,
      tools: '`tool`',
      structured: '`outputType`',
      images: '`input_image`',
      thinking: '`reasoning_item`',
    },
  ),
  codex: row(
    {
      name: 'a request of the shape of Codex’s',
      package: '',
      from: null,
      tests: 'codex/codex.test.mjs',
    },
    {
      ...OPENAI_RESPONSES,
      plain: none('Codex streams each of its requests.'),
      'error before': '503',
      'error after': '`response.failed`; the text stays',
      cancelled: '`response.incomplete`',
      reconnect: none('Codex sends `store: false`, and asks anew after a stream that broke.'),
      retry: noted('its own', 'It sends the same request again, as Codex does.'),
      tools: '`function_call_output`',
      structured: '`text.format`',
    },
  ),
};
