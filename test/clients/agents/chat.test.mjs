import { equal } from 'node:assert/strict';
import { OpenAIChatCompletionsModel } from '@openai/agents';
import { runCases } from './run-cases.mjs';

const modelOf = (client, model) => new OpenAIChatCompletionsModel(client, model);

runCases('agents-chat', modelOf, async (result) => {
  await result.completed;
  equal(result.finalOutput, 'One moment');
});
