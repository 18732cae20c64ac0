import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Agent, Runner, setTracingDisabled, tool } from '@openai/agents';
import OpenAI, { APIError } from 'openai';
import { z } from 'zod';
import { cases } from '../support/cases.mjs';
import * as at from '../support/service.mjs';

setTracingDisabled(true);

const weather = tool({
  name: 'get_weather',
  description: 'The weather of a city',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => `It is clear in ${city}`,
});
const picture = [
  {
    role: 'user',
    content: [
      { type: 'input_text', text: 'picture' },
      { type: 'input_image', image: at.PNG_URL },
    ],
  },
];

/**
 * An agent that runs on one of the models of OpenAI's SDK for agents.
 *
 * @param {string} id
 * @param {(client: OpenAI, model: string) => import('@openai/agents').Model} modelOf
 * @param {(result: any) => unknown} assertCancelled of a run that was cancelled elsewhere
 */
export function runCases(id, modelOf, assertCancelled) {
  const run = (input, { headers, name = at.MODEL, maxRetries = 0, agent, ...options } = {}) => {
    const client = new OpenAI({
      ...{ baseURL: at.OPENAI, apiKey: 'none', maxRetries, defaultHeaders: headers },
    });
    const asked = new Agent({ name: 'Tester', model: modelOf(client, name), ...agent });
    return new Runner().run(asked, input, options);
  };
  /** The text as it comes, and what ended it. */
  async function streamed(input, given) {
    const result = await run(input, { ...given, stream: true });
    const { items, error } = await at.read(result.toTextStream());
    const failed = await result.completed.then(
      () => null,
      (thrown) => thrown,
    );
    return { text: items.join(''), error: error ?? failed, result };
  }

  cases(id, {
    async plain() {
      equal((await run('sky')).finalOutput, 'The sky is blue.');
    },
    async streamed() {
      equal((await streamed('sky')).text, 'The sky is blue.');
    },
    async 'error before'() {
      const error = await at.failure(run('unavailable'));
      ok(error instanceof APIError);
      equal(error.status, 503);
      equal((await streamed('unavailable')).error.status, 503);
    },
    async 'error after'() {
      const { text, error } = await streamed('late');
      equal(text, 'I was about to');
      ok(error, 'it did not fail');
    },
    async abort() {
      const { id: generation, headers } = at.newGeneration();
      const abort = new AbortController();
      const result = await run('forever', { headers, stream: true, signal: abort.signal });
      await at.read(result.toTextStream(), () => abort.abort());
      equal((await at.ended(generation)).status, 'cancelled');
    },
    async cancelled() {
      const { id: generation, headers } = at.newGeneration();
      const result = await run('forever', { headers, stream: true });
      await at.read(result.toTextStream(), () => at.cancel(generation));
      await assertCancelled(result);
    },
    async reconnect() {
      const headers = { 'Idempotency-Key': randomUUID() };
      const abort = new AbortController();
      const broken = await run('paced', { headers, stream: true, signal: abort.signal });
      await at.read(broken.toTextStream(), () => abort.abort());
      equal((await streamed('paced', { headers })).text, 'One two three four five');
    },
    async retry() {
      const { finalOutput } = await run(`once ${randomUUID()}`, { maxRetries: 1 });
      equal(finalOutput, 'The sky is blue.');
    },
    async tools() {
      const agent = { tools: [weather] };
      equal((await run('weather', { agent })).finalOutput, 'The sky is clear.');
      equal((await streamed('weather', { agent })).text, 'The sky is clear.');
    },
    async structured() {
      const agent = { outputType: z.object({ city: z.string(), degrees: z.number() }) };
      deepEqual((await run('json', { agent })).finalOutput, { city: 'Paris', degrees: 21 });
    },
    async images() {
      equal((await run(picture)).finalOutput, 'A small picture.');
      equal((await at.failure(run(picture, { name: at.PLAIN_MODEL }))).status, 400);
    },
    async thinking() {
      const agent = { modelSettings: { reasoning: { effort: 'low' } } };
      const { newItems, finalOutput } = await run('think', { agent });
      const { rawItem } = newItems.find(({ type }) => type === 'reasoning_item');
      const [thinking] = rawItem.rawContent ?? rawItem.content;
      deepEqual([thinking.text, finalOutput], ['Let me see.', 'It is noon.']);
    },
  });
}
