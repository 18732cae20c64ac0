import { deepEqual, equal } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after } from 'node:test';
import { cases } from '../support/cases.mjs';
import * as at from '../support/service.mjs';
import { openBrowser } from './page/open.mjs';

const API = `${at.URL}/api/chat/ui`;
const WEATHER = { type: 'function', function: { name: 'get_weather' } };
const PLACE = {
  type: 'object',
  properties: { city: { type: 'string' }, degrees: { type: 'number' } },
};
const picture = [{ type: 'file', mediaType: 'image/png', url: at.PNG_URL }];

/** What the service has of a chat. */
const stored = async ({ id }) => (await fetch(`${API}/${id}`)).json();

/**
 * `useChat` in a page.
 *
 * @param {string} id
 * @param {6 | 7} major
 */
export async function useChatCases(id, major) {
  const browser = await openBrowser(major);
  after(() => browser.close());
  const { open } = browser;

  cases(id, {
    async plain() {
      const page = await open();
      const shown = await page.ask('sky');
      const { messages } = await stored(page);
      deepEqual(await (await open({ id: page.id, messages })).shown(), shown);
    },
    async streamed() {
      const page = await open();
      await page.call('sendMessage', { text: 'forever' });
      await page.text('assistant: One moment');
      equal((await page.shown('streaming')).length, 2);
    },
    async 'error before'() {
      const page = await open();
      await page.call('sendMessage', { text: 'unavailable' });
      await page.shown('error');
      equal(JSON.parse(await page.alert()).reason, 'model_unavailable');
    },
    async 'error after'() {
      const page = await open();
      await page.call('sendMessage', { text: 'late' });
      deepEqual(await page.shown('error'), ['user: late', 'assistant: I was about to']);
      equal(await page.alert(), 'The model is not available');
      const { metadata } = (await page.messages()).at(-1);
      equal(metadata.error.reason, 'model_unavailable');
    },
    async abort() {
      const page = await open();
      await page.call('sendMessage', { text: 'forever' });
      await page.text('assistant: One moment');
      await page.call('stop');
      await page.shown();
      const { active_generation_id: generation } = await stored(page);
      equal((await at.begun(generation)).status, 'running');
      deepEqual((await page.ask('sky')).at(-1), 'assistant: The sky is blue.');
      equal((await at.ended(generation)).status, 'cancelled');
    },
    async cancelled() {
      const page = await open();
      await page.call('sendMessage', { text: 'forever' });
      await page.text('assistant: One moment');
      const receipt = await (await fetch(`${API}/${page.id}/stop`, { method: 'POST' })).json();
      equal(receipt.status, 'cancelled');
      deepEqual(await page.shown(), ['user: forever', 'assistant: One moment']);
    },
    async reconnect() {
      const page = await open();
      await page.call('sendMessage', { text: 'forever' });
      await page.text('assistant: One moment');
      const { messages } = await stored(page);
      equal(messages.length, 1);
      const reloaded = await open({ id: page.id, messages, resume: true });
      await reloaded.text('assistant: One moment');
      await page.page.close();
      await fetch(`${API}/${page.id}/stop`, { method: 'POST' });
      deepEqual(await reloaded.shown(), ['user: forever', 'assistant: One moment']);
    },
    async retry() {
      const page = await open();
      await page.call('sendMessage', { text: `once ${randomUUID()}` });
      await page.shown('error');
      await page.call('regenerate');
      await page.text('assistant: The sky is blue.');
      equal((await stored(page)).messages.length, 2);
    },
    async tools() {
      const page = await open({ body: { tools: [WEATHER] } });
      await page.ask('weather');
      const { toolCallId, input } = (await page.messages()).at(-1).parts.at(-1);
      deepEqual(input, { city: 'Paris' });
      const output = 'It is clear';
      await page.call('addToolOutput', { tool: 'get_weather', toolCallId, output });
      await page.text('assistant: The sky is clear.');
      equal((await page.shown()).length, 2);
    },
    async structured() {
      const page = await open({ body: { parameters: { format: PLACE } } });
      const [, answer] = await page.ask('json');
      deepEqual(JSON.parse(answer.replace('assistant: ', '')), { city: 'Paris', degrees: 21 });
    },
    async images() {
      const page = await open();
      equal((await page.ask('picture', { files: picture })).at(-1), 'assistant: A small picture.');
      const refusing = await open({ body: { model: at.PLAIN_MODEL } });
      await refusing.call('sendMessage', { text: 'picture', files: picture });
      await refusing.shown('error');
    },
    async thinking() {
      const page = await open({ body: { parameters: { think: true } } });
      equal((await page.ask('think')).at(-1), 'assistant: It is noon.');
      const [, { parts }] = await page.messages();
      equal(parts.find(({ type }) => type === 'reasoning').text, 'Let me see.');
    },
  });
}
