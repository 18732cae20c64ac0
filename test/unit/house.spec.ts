import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

/**
 * The walls of the house stand in `eslint.boundaries.js`. Each row here is a line that somebody
 * could write in that file of `src`; lint must refuse what crosses a wall, and let through the rest.
 */
const eslint = new ESLint({
  // Boundaries need no types, and without them a snippet needs no file.
  overrideConfig: [tseslint.configs.disableTypeChecked],
});

async function rulesBroken(file: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(`${code}\n`, { filePath: file });
  const messages = result?.messages ?? [];
  expect(messages.filter(({ fatal }) => fatal)).toEqual([]);
  const walls = /no-restricted|no-cycle/;
  return messages.map(({ ruleId }) => ruleId ?? '').filter((rule) => walls.test(rule));
}

const path = 'import-x/no-restricted-paths';
const vendor = 'no-restricted-imports';
const env = 'no-restricted-properties';

describe('the walls of the house', () => {
  it.each([
    ['domain', 'src/domain/model.ts', "import '../common/errors/app-error.js';", path],
    ['domain, packages', 'src/domain/model.ts', "import 'rxjs';", vendor],
    ['common → feature', 'src/common/http/x.ts', "import '../../store/store.js';", path],
    ['history → models', 'src/history/x.ts', "import '../models/model-provider.js';", path],
    [
      'history → generation',
      'src/history/x.ts',
      "import '../generation/generation-runner.js';",
      path,
    ],
    [
      'chat → the inside of generation',
      'src/chat/x.ts',
      "import '../generation/stream/event-stream.js';",
      path,
    ],
    ['store → chat', 'src/store/memory/x.ts', "import '../../chat/chat.service.js';", path],
    [
      'transport → provider',
      'src/models/transport/x.ts',
      "import '../providers/ollama/ollama.js';",
      path,
    ],
    ['models → store', 'src/models/x.ts', "import '../store/store.js';", path],
    ['service → adapter', 'src/chat/x.ts', "import '../store/memory/memory-store.js';", path],
    [
      'service → adapter, lazily',
      'src/chat/x.ts',
      "void import('../store/memory/memory-store.js');",
      path,
    ],
    ['port → adapter', 'src/store/x.ts', "import './memory/memory-store.js';", path],
    ['adapter → adapter', 'src/store/file/x.ts', "import '../memory/memory-store.js';", path],
    ['composition → inside', 'src/main.ts', "import './store/memory/memory-store.js';", path],
    ['service → its tests', 'src/chat/x.ts', "import '../../test/unit/house.spec.js';", path],
    [
      'LangChain in a service',
      'src/chat/chat.service.ts',
      "import '@langchain/core/messages';",
      vendor,
    ],
    ['typeorm outside', 'src/history/x.ts', "import 'typeorm';", vendor],
    ['pg in a port', 'src/store/x.ts', "import 'pg';", vendor],
    ['mongodb in the SQL store', 'src/store/typeorm/x.ts', "import 'mongodb';", vendor],
    ['pino in a feature', 'src/chat/x.ts', "import 'pino';", vendor],
    ['all settings', 'src/chat/x.ts', "import { ConfigService } from '@nestjs/config';", vendor],
    ['the environment', 'src/chat/x.ts', 'export const port = process.env.API_PORT;', env],
    ['the environment, by import', 'src/chat/x.ts', "import 'node:process';", vendor],
    [
      'forwardRef',
      'src/chat/x.ts',
      'export const a = forwardRef(() => 1);',
      'no-restricted-syntax',
    ],
  ])('refuses %s', async (_name, file, code, rule) => {
    expect(await rulesBroken(file, code)).toContain(rule);
  });

  it.each([
    ['chat → generation', 'src/chat/x.ts', "import '../generation/generation-runner.js';"],
    ['chat → a format', 'src/chat/x.ts', "import '../generation/sse/sse-format.js';"],
    ['chat → its document', 'src/chat/x.ts', "import '../generation/sse/sse-document.js';"],
    ['chat → a port of store', 'src/chat/x.ts', "import '../store/conversation-store.js';"],
    ['history → a port of store', 'src/history/x.ts', "import '../store/conversation-store.js';"],
    ['adapter → its port', 'src/store/memory/x.ts', "import '../store.js';"],
    ['adapter → errors', 'src/store/memory/x.ts', "import '../../common/errors/app-error.js';"],
    [
      'provider → transport',
      'src/models/providers/ollama/x.ts',
      "import '../../transport/run-request.js';",
    ],
    [
      'provider → its port',
      'src/models/providers/ollama/x.ts',
      "import '../../model-provider.js';",
    ],
    ['factory → adapter', 'src/store/create-store.ts', "void import('./memory/memory-store.js');"],
    ['LangChain in the prompt', 'src/chat/prompt/x.ts', "import '@langchain/core/prompts';"],
    ['typeorm at home', 'src/store/typeorm/x.ts', "import 'typeorm';"],
    ['pg in migrations', 'migrations/x.ts', "import 'pg';"],
    ['settings by namespace', 'src/chat/x.ts', "import type { ConfigType } from '@nestjs/config';"],
    ['the environment at home', 'src/config/x.ts', 'export const port = process.env.API_PORT;'],
  ])('lets %s through', async (_name, file, code) => {
    expect(await rulesBroken(file, code)).toEqual([]);
  });
});
