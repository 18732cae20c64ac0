import { deepEqual, equal } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { ChatOpenAI } from '@langchain/openai';
import * as at from '../support/service.mjs';
import { modelCases } from './model-cases.mjs';

const model = ({ headers, ...given } = {}) =>
  new ChatOpenAI({
    ...{ model: at.MODEL, apiKey: 'none', maxRetries: 0, useResponsesApi: true, ...given },
    configuration: { baseURL: at.OPENAI, defaultHeaders: headers },
  });

modelCases(
  'langchain-openai-responses',
  { model, statusOf: ({ status }) => status },
  {
    async cancelled() {
      const { id, headers } = at.newGeneration();
      const stream = await model({ headers }).stream('forever');
      const { items } = await at.read(stream, () => at.cancel(id));
      equal(items.at(-1).response_metadata.status, 'cancelled');
    },
    async retry() {
      const { text } = await model({ maxRetries: 1 }).invoke(`once ${randomUUID()}`);
      equal(text, 'The sky is blue.');
    },
    async thinking() {
      const { text, additional_kwargs } = await model({ reasoning: { effort: 'low' } }).invoke(
        'think',
      );
      const [{ text: thinking }] = additional_kwargs.reasoning.summary;
      deepEqual([thinking, text], ['Let me see.', 'It is noon.']);
    },
  },
);
