import { OpenAIChatCompletionsModel } from '@openai/agents';
import { runCases } from './run-cases.mjs';

runCases('agents-chat', (client, model) => new OpenAIChatCompletionsModel(client, model), {});
