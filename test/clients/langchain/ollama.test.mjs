import { deepEqual, equal } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { ChatOllama } from '@langchain/ollama';
import * as at from '../support/service.mjs';
import { modelCases } from './model-cases.mjs';

const model = (given) =>
  new ChatOllama({ baseUrl: at.OLLAMA, model: at.MODEL, maxRetries: 0, ...given });

const statusOf = ({ status_code: status }) => status;
/** The newest message has the picture alone, so that no reply is for its text. */
const pictureText = 'The sky is blue.';

modelCases(
  'langchain-ollama',
  { model, statusOf, pictureText },
  {
    async cancelled() {
      const { id, headers } = at.newGeneration();
      const stream = await model({ headers }).stream('forever');
      const { items } = await at.read(stream, () => at.cancel(id));
      equal(items.at(-1).response_metadata.done_reason, 'cancelled');
    },
    async retry() {
      const headers = { 'Idempotency-Key': randomUUID() };
      const answers = [
        await model({ headers }).invoke('sky'),
        await model({ headers }).invoke('sky'),
      ];
      const [first, again] = answers.map(({ response_metadata: { created_at } }) => created_at);
      equal(first, again);
      const once = await at.failure(model({ maxRetries: 1 }).invoke('unavailable'));
      equal(once.status_code, 503);
    },
    async thinking() {
      const { text, additional_kwargs } = await model({ think: true }).invoke('think');
      deepEqual([additional_kwargs.reasoning_content, text], ['Let me see.', 'It is noon.']);
    },
  },
);
