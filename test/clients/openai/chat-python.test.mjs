import { programCases, python } from '../support/program.mjs';

await programCases('openai-chat-python', python(import.meta.dirname, 'openai_chat.py'));
