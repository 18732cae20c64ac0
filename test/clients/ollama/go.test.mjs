import { programCases } from '../support/program.mjs';

await programCases('ollama-go', [process.env.CLIENTS_GO ?? '']);
