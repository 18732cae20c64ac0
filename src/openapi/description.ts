/** The introduction of the documentation, in Markdown. */
export const DESCRIPTION = `
Chat with the models of an Ollama server: answers at once or as a stream, stored conversations.

### First steps

\`\`\`sh
curl "$URL/api/chat" \\
  -H 'Content-Type: application/json' \\
  -d '{"message": "Hello, how are you?"}'
\`\`\`

\`$URL\` is the address of this service. The answer carries a \`conversation_id\`: send it with the
next
message, and the model gets the earlier messages. \`GET /api/history\` lists conversations;
\`GET /api/models\` lists the values for \`model\`.

### Streams

\`POST /api/chat/stream\` accepts the same body and answers with server-sent events, one block per
token:

\`\`\`
data: {"token":"Quantum"}

data: {"token":" computing"}

data: {"done":true,"conversation_id":"…","generation_id":"…","message_id":"…","finish_reason":"stop","usage":{"prompt_tokens":12,"completion_tokens":2}}
\`\`\`

A failure before the first token is an ordinary error response. Later the last block is
\`{"error":"…","code":"…","reason":"…",…}\` instead of \`done\`. A stream that ends with neither was
interrupted: its answer continues if the request said so (\`on_disconnect\`), and
\`GET /api/generations/{id}/stream\` joins it after the last event that was read.

### Branches

The messages of a conversation are a tree. \`GET /api/history/{id}\` lists the active branch, oldest
first. \`regenerate\`, and a \`parent_id\` in a request, make siblings: nothing is overwritten.
\`PUT /api/history/{id}\` with \`active_message_id\` chooses a branch, \`?branch=\` reads another one.

### Changes from two devices

Each change raises a conversation's \`revision\`, which is also its \`ETag\`. A change with
\`If-Match\` is made only if nobody else has changed the conversation meanwhile; otherwise the
response is 412, with the conversation as it is now.

### Errors

Every error has the same body: \`error\` is a sentence for a person, \`code\` its kind, \`reason\`
the cause, for programs, \`request_id\` an id to include in a report of a problem. Wrong fields are
listed in
\`details\`. \`Retry-After\` says, in whole seconds, when a retry may succeed. Error responses have
the rate limit headers too and, if a generation had begun, its \`X-Generation-Id\`.

### Limits

Routes that start an answer share a budget of requests per minute for each client, the number of
simultaneous streams is limited, and all other routes share a larger budget. The tokens of a day and
of a month may be limited too (\`GET /api/usage\`). \`RateLimit\` and \`RateLimit-Policy\`
show what is left. Above a limit the response is 429.

### Conventions

Times are ISO 8601 in UTC. Lengths count Unicode code points. Unknown fields are refused, \`null\`
for an optional field means its default (in \`PUT /api/history/{id}\`, which keeps what is left out:
none), and numbers must be JSON numbers. Later versions may add fields to
responses and values to enumerations: ignore those that you do not know. A wrong method is 405, with
\`Allow\`.
`.trim();

/** The part for installations with API keys. */
export const KEYS_DESCRIPTION = `
### Keys

An installation may require an API key: send it as \`Authorization: Bearer <key>\` or as
\`X-Api-Key\`.
Each owner has its own conversations; several keys may have one owner. Health and documentation need
no key.

A key has scopes: with \`chat\` it may use all routes of its owner, with \`read\` only read history,
generations and models. A model that a key may not use is not listed and not found.
`.trim();

/** The groups of routes, in the order of the page; wires are apart from this API's own. */
export const TAGS: readonly { name: string; description: string; group?: string }[] = [
  { name: 'Chat', description: 'Send a message, and get the answer whole or as a stream.' },
  {
    name: 'Generations',
    description: 'Read, resume and cancel generations (the work of answering one message).',
  },
  {
    name: 'Usage',
    description: 'See what answers took, and what is left of quotas.',
  },
  {
    name: 'History',
    description:
      'Stored conversations: list, read, create, change, fork, delete; their branches, settings and tags.',
  },
  { name: 'Events', description: 'What happens to conversations, on any device, as a stream.' },
  { name: 'Models', description: 'The models that a chat may use.' },
  { name: 'Ollama', description: 'For the clients of Ollama: its own API, at `/api/ollama`.' },
  { name: 'Health', description: 'For probes and monitors.' },
  {
    name: 'OpenAI chat',
    description: 'For clients of OpenAI’s chat API: answers without a conversation here.',
    group: 'Other clients',
  },
  {
    name: 'OpenAI responses',
    description:
      'For clients of OpenAI’s responses API: answers and conversations that are kept here.',
    group: 'Other clients',
  },
];
