import { programCases, python } from '../support/program.mjs';

await programCases('openai-responses-python', python(import.meta.dirname, 'openai_responses.py'));
