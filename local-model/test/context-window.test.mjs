// How much of a model's context window long conversations use, counted by the tokenizer of the real
// weights; nothing is computed but tokens.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fillWindow, LANGUAGES, piecesOf, tableOf } from './context/conversations.mjs';
import { startService } from './context/service.mjs';
import { startCountingOllama } from './context/token-counting-ollama.mjs';
import { openTokenizer } from './context/tokenizer.mjs';

const WINDOW = 2048;
const HOW = { fullTurns: 12, maxTokens: 16 };

/** @type {Awaited<ReturnType<typeof openTokenizer>>} */
let tokenizer;
/** @type {Awaited<ReturnType<typeof startCountingOllama>>} */
let ollama;
let folder = '';

before(async () => {
  tokenizer = await openTokenizer();
  ollama = await startCountingOllama(tokenizer.tokenize, shortAnswer);
  folder = await mkdtemp(join(tmpdir(), 'context-window-'));
});

after(async () => {
  ollama.close();
  await tokenizer.close();
  await rm(folder, { recursive: true });
});

/** In the language of the question. */
function shortAnswer(/** @type {{ content: string }[]} */ messages) {
  return [...(messages.at(-1)?.content ?? '')].slice(0, 30).join('');
}

function start() {
  return startService({ ollama: ollama.url, model: ollama.model, window: WINDOW, folder });
}

test('ten languages and scripts use 90 % of the window and never more than it, also after a restart', async () => {
  const how = { ...HOW, model: ollama.model };
  const usages = [];
  let service = await start();
  for (const language of LANGUAGES) usages.push(await fillWindow(service.url, language, how));
  await service.close();
  console.log(tableOf(usages, WINDOW));

  service = await start();
  const again = await fillWindow(service.url, 'emoji', how);
  await service.close();
  for (const { language, least, most } of [...usages, again]) {
    assert.ok(most <= WINDOW, `${language}: at most the window`);
    assert.ok(least >= 0.9 * WINDOW, `${language}: ${least} of ${WINDOW} tokens`);
  }
  assert.ok(again.first >= 0.9 * WINDOW, 'what was learnt is there after a restart');
  assert.ok(piecesOf('Hindi').length > 5, 'the texts are there');
});
