import { providerCases } from './provider-cases.mjs';

providerCases('ai-sdk-openai-responses', 'responses');
