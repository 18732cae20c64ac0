import { equal } from 'node:assert/strict';
import { OpenAIResponsesModel } from '@openai/agents';
import * as at from '../support/service.mjs';
import { runCases } from './run-cases.mjs';

const modelOf = (client, model) => new OpenAIResponsesModel(client, model);

runCases('agents-responses', modelOf, async (result) => {
  equal((await at.failure(result.completed)).name, 'ModelBehaviorError');
});
