/** What the first page of the documentation teaches, in Markdown. */
export const DESCRIPTION = `
Chat with the models of an Ollama server: answers at once or as a stream, stored conversations.

### First steps

\`\`\`sh
curl "$URL/api/chat" \\
  -H 'Content-Type: application/json' \\
  -d '{"message": "Hello, how are you?"}'
\`\`\`

\`$URL\` is the address of this service. The answer carries a \`conversation_id\`: send it with the next
message, and the model knows what was said before. \`GET /api/history\` lists conversations;
\`GET /api/models\` lists what \`model\` may be.

### Streams

\`POST /api/chat/stream\` takes the same body and answers with server-sent events, a block a token:

\`\`\`
data: {"token":"Quantum"}

data: {"token":" computing"}

data: {"done":true,"conversation_id":"…","generation_id":"…","message_id":"…","finish_reason":"stop","usage":{"prompt_tokens":12,"completion_tokens":2}}
\`\`\`

A failure before the first token is an ordinary error response. Later the last block is
\`{"error":"…","code":"…","reason":"…",…}\` in the place of \`done\`. A stream that ends with neither was
cut on its way: its answer goes on if it was asked to (\`on_disconnect\`), and
\`GET /api/generations/{id}/stream\` joins it after the last event that was read.

### Errors

Every error has the same body: \`error\` is a sentence for a person, \`code\` its kind, \`reason\` what a
client can act on, \`request_id\` what to quote when asking for help. A wrong field is named in
\`details\`. \`Retry-After\` says, in whole seconds, when another try may succeed. Failures carry the headers
of limits too and, once a generation had begun, its \`X-Generation-Id\`.

### Limits

Routes that start an answer share a budget of requests a minute for each client, streams have a number
that may run at once, other routes a larger budget of their own. \`RateLimit\` and \`RateLimit-Policy\`
say what is left. Beyond it the answer is 429.

### Conventions

Times are ISO 8601 in UTC. Lengths count Unicode code points. Unknown fields are refused, \`null\` for an
optional field is its default, and numbers are JSON numbers. Answers may gain fields and enumerations
values in later versions: pass over those that you do not know. A wrong method is 405, with \`Allow\`.
`.trim();

/** Where there are API keys. */
export const KEYS_DESCRIPTION = `
### Keys

An installation may ask for an API key: send it as \`Authorization: Bearer <key>\` or as \`X-Api-Key\`.
Each key has its own conversations. Health and documentation need none.
`.trim();

/** The groups of routes, in the order of the page. */
export const TAGS: readonly { name: string; description: string }[] = [
  { name: 'Chat', description: 'Send a message, and get the answer whole or as a stream.' },
  { name: 'Generations', description: 'Look at, read on and cancel the work of answering.' },
  { name: 'History', description: 'Conversations that were kept: list, read, rename, delete.' },
  { name: 'Models', description: 'The models that can answer.' },
  { name: 'Health', description: 'For probes and monitors.' },
];
