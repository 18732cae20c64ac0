import { programCases, python } from '../support/program.mjs';

await programCases('ollama-python', python(import.meta.dirname, 'ollama_python.py'));
