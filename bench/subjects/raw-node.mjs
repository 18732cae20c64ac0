/**
 * The reference: what a team would write with Node alone, one file, no framework. NDJSON in, SSE
 * out, line by line, with backpressure and an abort that reaches the model. It keeps no history,
 * checks little, logs nothing and has no limits.
 */
import { Agent, createServer, request as httpRequest } from 'node:http';

const { OLLAMA_BASE_URL = 'http://127.0.0.1:11434', API_PORT = '8000' } = process.env;
const agent = new Agent({ keepAlive: true, noDelay: true });

const server = createServer((request, response) => {
  if (request.method === 'GET') response.end('{"status":"ok"}');
  else serve(request, response).catch(() => response.writeHead(400).end());
});

/** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
async function serve(request, response) {
  const { message, model } = JSON.parse(await bodyOf(request));
  if (request.url === '/api/chat/stream') stream(model, message, response);
  else answer(model, message, response);
}

/** @param {string} model @param {string} message @param {import('node:http').ServerResponse} response */
function stream(model, message, response) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  const upstream = ask(model, message, response, (line, source) => {
    if (line.done) response.end('data: {"done":true}\n\n');
    else {
      const block = `data: {"token":${JSON.stringify(line.message.content)}}\n\n`;
      if (!response.write(block)) {
        source.pause();
        response.once('drain', () => source.resume());
      }
    }
  });
  upstream.on('error', () => response.end('data: {"error":"The model failed"}\n\n'));
}

/** @param {string} model @param {string} message @param {import('node:http').ServerResponse} response */
function answer(model, message, response) {
  let text = '';
  const upstream = ask(model, message, response, (line) => {
    text += line.message.content;
    if (!line.done) return;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ response: text, timestamp: new Date().toISOString() }));
  });
  upstream.on('error', () => response.writeHead(503).end());
}

/**
 * @param {string} model
 * @param {string} message
 * @param {import('node:http').ServerResponse} response
 * @param {(line: { message: { content: string }, done: boolean }, source: import('node:http').IncomingMessage) => void} onLine
 */
function ask(model, message, response, onLine) {
  const upstream = httpRequest(`${OLLAMA_BASE_URL}/api/chat`, { method: 'POST', agent });
  upstream.on('response', (source) => {
    let rest = '';
    source.setEncoding('utf8');
    source.on('data', (part) => {
      const lines = (rest + part).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(JSON.parse(line), source);
    });
  });
  response.on('close', () => !response.writableFinished && upstream.destroy());
  const messages = [{ role: 'user', content: message }];
  upstream.end(JSON.stringify({ model, messages, stream: true }));
  return upstream;
}

/** @param {import('node:http').IncomingMessage} request */
async function bodyOf(request) {
  let body = '';
  request.setEncoding('utf8');
  for await (const part of request) body += part;
  return body;
}

server.listen(Number(API_PORT), '127.0.0.1');
