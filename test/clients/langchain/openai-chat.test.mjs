import { deepEqual, equal } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { ChatOpenAI } from '@langchain/openai';
import * as at from '../support/service.mjs';
import { modelCases } from './model-cases.mjs';

const model = ({ headers, ...given } = {}) =>
  new ChatOpenAI({
    ...{ model: at.MODEL, apiKey: 'none', maxRetries: 0, ...given },
    configuration: { baseURL: at.OPENAI, defaultHeaders: headers },
  });

modelCases(
  'langchain-openai-chat',
  { model, statusOf: ({ status }) => status },
  {
    async cancelled() {
      const { id, headers } = at.newGeneration();
      const stream = await model({ headers }).stream('forever');
      const { items } = await at.read(stream, () => at.cancel(id));
      const reasons = items.map(({ response_metadata: { finish_reason } }) => finish_reason);
      equal(reasons.findLast(Boolean), 'cancelled');
    },
    async retry() {
      const { text } = await model({ maxRetries: 1 }).invoke(`once ${randomUUID()}`);
      equal(text, 'The sky is blue.');
    },
    async thinking() {
      const { text, additional_kwargs } = await model({ __includeRawResponse: true }).invoke(
        'think',
      );
      const { message } = additional_kwargs.__raw_response.choices[0];
      deepEqual([message.reasoning_content, text], ['Let me see.', 'It is noon.']);
    },
  },
);
