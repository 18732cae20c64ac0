import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { z } from 'zod';
import { cases } from '../support/cases.mjs';
import * as at from '../support/service.mjs';

const weather = tool(({ city }) => `It is clear in ${city}`, {
  name: 'get_weather',
  schema: z.object({ city: z.string() }),
});
const Place = z.object({ city: z.string(), degrees: z.number() });
const picture = new HumanMessage({
  content: [
    { type: 'text', text: 'picture' },
    { type: 'image_url', image_url: { url: at.PNG_URL } },
  ],
});

/**
 * A chat model of LangChain.
 *
 * @param {string} id
 * @param {object} client
 * @param {(given?: { model?: string, headers?: Record<string, string>, maxRetries?: number }) => any} client.model
 * @param {(error: any) => unknown} client.statusOf of an error before the first token
 * @param {string} [client.pictureText] what is answered to a message with a picture
 * @param {Record<string, () => unknown>} more
 */
export function modelCases(id, { model, statusOf, pictureText = 'A small picture.' }, more) {
  const textOf = (chunks) => chunks.map(({ text }) => text).join('');

  cases(id, {
    async plain() {
      const { text, usage_metadata } = await model().invoke('sky');
      deepEqual([text, usage_metadata.output_tokens], ['The sky is blue.', 4]);
    },
    async streamed() {
      const { items } = await at.read(await model().stream('sky'));
      equal(textOf(items), 'The sky is blue.');
      ok(items.length >= 4);
    },
    async 'error before'() {
      equal(statusOf(await at.failure(model().invoke('unavailable'))), 503);
      equal(statusOf(await at.failure(model().stream('unavailable').then(at.readAll))), 503);
    },
    async 'error after'() {
      const { items, error } = await at.read(await model().stream('late'));
      equal(textOf(items), 'I was about to');
      equal(error.message, 'The model is not available');
    },
    async abort() {
      const { id: generation, headers } = at.newGeneration();
      const abort = new AbortController();
      const stream = await model({ headers }).stream('forever', { signal: abort.signal });
      await at.read(stream, () => abort.abort());
      equal((await at.ended(generation)).status, 'cancelled');
    },
    async reconnect() {
      const headers = { 'Idempotency-Key': randomUUID() };
      await at.leave(await model({ headers }).stream('paced'));
      const { items } = await at.read(await model({ headers }).stream('paced'));
      equal(textOf(items), 'One two three four five');
    },
    async tools() {
      const bound = model().bindTools([weather]);
      const asked = new HumanMessage('weather');
      const answer = await bound.invoke([asked]);
      const [call] = answer.tool_calls;
      deepEqual(call.args, { city: 'Paris' });
      const result = await weather.invoke(call);
      ok(result instanceof ToolMessage);
      equal((await bound.invoke([asked, answer, result])).text, 'The sky is clear.');
    },
    async structured() {
      const structured = model().withStructuredOutput(Place, { method: 'jsonSchema' });
      deepEqual(await structured.invoke('json'), { city: 'Paris', degrees: 21 });
    },
    async images() {
      equal((await model().invoke([picture])).text, pictureText);
      const refused = await at.failure(model({ model: at.PLAIN_MODEL }).invoke([picture]));
      equal(statusOf(refused), 400);
    },
    ...more,
  });
}
