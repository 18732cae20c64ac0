import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createOpenAI } from '@ai-sdk/openai';
import { APICallError, generateText, isStepCount, Output, streamText, tool } from 'ai';
import { z } from 'zod';
import { cases } from '../support/cases.mjs';
import * as at from '../support/service.mjs';

/** What the provider makes of a cancelled answer. */
const CANCELLED = { chat: 'other', responses: 'stop' };
const provider = createOpenAI({ baseURL: at.OPENAI, apiKey: 'none' });

const tools = {
  get_weather: tool({
    inputSchema: z.object({ city: z.string() }),
    execute: ({ city }) => `It is clear in ${city}`,
  }),
};
const picture = [
  {
    role: 'user',
    content: [
      { type: 'text', text: 'picture' },
      { type: 'image', image: at.PNG_URL },
    ],
  },
];

/**
 * `generateText` and `streamText` with one of the models of `@ai-sdk/openai`.
 *
 * @param {string} id
 * @param {'chat' | 'responses'} api
 */
export function providerCases(id, api) {
  const options = (prompt, given) => ({
    model: provider[api](at.MODEL),
    prompt,
    maxRetries: 0,
    ...given,
  });
  const ask = (prompt, given) => generateText(options(prompt, given));
  /** Its parts to the end, and the error among them. */
  async function stream(prompt, given) {
    const { items } = await at.read(
      streamText({ ...options(prompt, given), onError: () => undefined }).fullStream,
    );
    const text = items.map((part) => (part.type === 'text-delta' ? part.text : '')).join('');
    return { items, text, error: items.find(({ type }) => type === 'error')?.error };
  }

  cases(id, {
    async plain() {
      const { text, finishReason, usage } = await ask('sky');
      deepEqual([text, finishReason, usage.outputTokens], ['The sky is blue.', 'stop', 4]);
    },
    async streamed() {
      equal((await stream('sky')).text, 'The sky is blue.');
    },
    async 'error before'() {
      const error = await at.failure(ask('unavailable'));
      ok(APICallError.isInstance(error));
      deepEqual([error.statusCode, error.isRetryable], [503, true]);
      equal((await stream('unavailable')).error.statusCode, 503);
    },
    async 'error after'() {
      const { text, error } = await stream('late');
      equal(text, 'I was about to');
      ok(error, 'the stream has no error');
    },
    async abort() {
      const { id: generation, headers } = at.newGeneration();
      const abort = new AbortController();
      const { textStream } = streamText(
        options('forever', { headers, abortSignal: abort.signal, onError: () => undefined }),
      );
      await at.read(textStream, () => abort.abort());
      equal((await at.ended(generation)).status, 'cancelled');
    },
    async cancelled() {
      const { id: generation, headers } = at.newGeneration();
      const answer = streamText(options('forever', { headers }));
      await at.read(answer.textStream, () => at.cancel(generation));
      equal(await answer.finishReason, CANCELLED[api]);
    },
    async reconnect() {
      const headers = { 'Idempotency-Key': randomUUID() };
      await at.leave(streamText(options('paced', { headers })).textStream);
      equal((await stream('paced', { headers })).text, 'One two three four five');
    },
    async retry() {
      const { text } = await ask(`once ${randomUUID()}`, { maxRetries: 1 });
      equal(text, 'The sky is blue.');
    },
    async tools() {
      const given = { tools, stopWhen: isStepCount(3) };
      const { text, steps } = await ask('weather', given);
      equal(text, 'The sky is clear.');
      equal(steps[0].toolResults[0].output, 'It is clear in Paris');
      equal((await stream('weather', given)).text, 'The sky is clear.');
    },
    async structured() {
      const output = Output.object({
        schema: z.object({ city: z.string(), degrees: z.number() }),
      });
      deepEqual((await ask('json', { output })).output, { city: 'Paris', degrees: 21 });
    },
    async images() {
      const given = { prompt: picture };
      equal((await ask('', given)).text, 'A small picture.');
      const model = provider[api](at.PLAIN_MODEL);
      equal((await at.failure(ask('', { ...given, model }))).statusCode, 400);
    },
    ...(api === 'responses' && {
      async thinking() {
        const { reasoningText, text } = await ask('think');
        deepEqual([reasoningText, text], ['Let me see.', 'It is noon.']);
      },
    }),
  });
}
