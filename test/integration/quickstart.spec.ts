import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Engine } from '../../local-model/engine/engine.mjs';
import { createScriptedEngine } from '../../local-model/engine/scripted-engine.mjs';
import { createModelServer } from '../../local-model/http/server.mjs';
import { Children } from '../../scripts/quickstart/children.mjs';
import { nextSteps } from '../../scripts/quickstart/next-steps.mjs';
import { listModels, pickModel } from '../../scripts/quickstart/ollama.mjs';
import { freePort } from '../../scripts/quickstart/ports.mjs';
import { Quickstart } from '../support/quickstart.js';

const LOOPBACK = '127.0.0.1';
const PATIENCE_MS = 90_000;

async function listen(server: Server): Promise<{ url: string; port: number }> {
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://${LOOPBACK}:${port}`, port };
}

/** An address where nothing listens. */
async function deadUrl(): Promise<string> {
  const server = createServer();
  const { url } = await listen(server);
  server.close();
  await once(server, 'close');
  return url;
}

describe('npm run quickstart', () => {
  let quickstart: Quickstart | undefined;
  let server: Server | undefined;

  afterEach(async () => {
    await quickstart?.remove();
    server?.closeAllConnections();
    server?.close();
    quickstart = server = undefined;
  });

  it(
    'without an Ollama: serves the stand-in, says so, and runs until it is told to stop',
    async () => {
      const port = await freePort(LOOPBACK, 0);
      const env = { OLLAMA_BASE_URL: await deadUrl(), API_PORT: String(port) };
      quickstart = new Quickstart(env);
      await quickstart.told(/Ctrl-C stops everything/);
      expect(quickstart.stdout.trim()).toMatch(/^\[scripted-demo\] This answer is scripted/);
      expect(quickstart.stderr).toMatch(/No Ollama answers/);
      expect(quickstart.stderr).toMatch(/NO LANGUAGE MODEL IS RUNNING/);

      const modelUrl = await quickstart.told(/scripted-demo:latest answers at (\S+)/);
      const docs = await quickstart.told(/Swagger page\s+(\S+)/);
      expect((await fetch(docs)).status).toBe(200);
      const curl = await quickstart.told(/curl -N (\S+)/);
      expect(curl).toBe(`http://localhost:${port}/api/chat/stream`);

      quickstart.signal('SIGINT');
      expect(await quickstart.exited).toBe(0);
      await expect(fetch(docs)).rejects.toThrow();
      await expect(fetch(modelUrl)).rejects.toThrow();
    },
    PATIENCE_MS,
  );

  it(
    'asks an Ollama behind a proxy with the credentials of its address',
    async () => {
      const models = createModelServer(createScriptedEngine({ msPerWord: 0 }), () => undefined);
      const expected = `Basic ${Buffer.from('ann:p@ss').toString('base64')}`;
      server = createServer((request, response) => {
        if (request.headers.authorization === expected) models.emit('request', request, response);
        else response.writeHead(401).end();
      });
      const { url } = await listen(server);
      const env = {
        OLLAMA_BASE_URL: url.replace('//', '//ann:p%40ss@'),
        API_PORT: String(await freePort(LOOPBACK, 0)),
      };
      quickstart = new Quickstart(env, '--once');
      expect(await quickstart.exited).toBe(0);
      expect(quickstart.stderr).toMatch(/Using the Ollama at 127/);
      expect(quickstart.stderr).not.toMatch(/p%40ss|p@ss/);
    },
    PATIENCE_MS,
  );

  it(
    'uses the Ollama that answers, takes another port where its own is taken, and asks once',
    async () => {
      const engine: Engine = {
        ...createScriptedEngine({ msPerWord: 0 }),
        async *generate() {
          yield { kind: 'text', text: 'I am ' };
          yield { kind: 'text', text: 'your Ollama.' };
          yield { kind: 'end', reason: 'stop', promptTokens: 1, answerTokens: 2 };
        },
      };
      server = createModelServer(engine, () => undefined);
      const { url, port } = await listen(server);
      quickstart = new Quickstart({ OLLAMA_BASE_URL: url, API_PORT: String(port) }, '--once');
      expect(await quickstart.exited).toBe(0);
      expect(quickstart.stdout.trim()).toBe('I am your Ollama.');
      expect(quickstart.stderr).toMatch(/its model scripted-demo:latest, since it does not have/);
      expect(quickstart.stderr).toMatch(`Port ${port} is taken; using `);
      expect(quickstart.stderr).not.toMatch(/local-model/);
    },
    PATIENCE_MS,
  );

  it.each([
    ['stop', /its answer has no text/],
    ['length', /all 120 tokens were used before it began/],
  ] as const)(
    'says so where the answer has no text (%s)',
    async (reason, said) => {
      const engine: Engine = {
        ...createScriptedEngine({ msPerWord: 0 }),
        async *generate() {
          yield { kind: 'end', reason, promptTokens: 1, answerTokens: 0 };
        },
      };
      server = createModelServer(engine, () => undefined);
      const { url } = await listen(server);
      quickstart = new Quickstart({ OLLAMA_BASE_URL: url, API_PORT: '0' }, '--once');
      expect(await quickstart.exited).toBe(0);
      expect(quickstart.stdout.trim()).toBe('');
      expect(quickstart.stderr).toMatch(said);
    },
    PATIENCE_MS,
  );

  it(
    'ends with what is wrong in the configuration',
    async () => {
      quickstart = new Quickstart({ API_PORT: 'many' });
      expect(await quickstart.exited).toBe(1);
      expect(quickstart.stderr).toMatch(/API_PORT/);
    },
    PATIENCE_MS,
  );
});

describe("quickstart's choice of a model", () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  /** An Ollama with these models; capabilities are told where they are given. */
  async function ollama(
    models: Record<string, { remote_host?: string; capabilities?: string[] }>,
  ): Promise<string> {
    server = createServer((request, response) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const tags = { models: Object.entries(models).map(([name, rest]) => ({ name, ...rest })) };
        const asked = request.url === '/api/show' && JSON.parse(Buffer.concat(chunks).toString());
        response.end(JSON.stringify(asked ? models[asked.model] : tags));
      })();
    });
    return (await listen(server)).url;
  }

  async function choice(
    models: Parameters<typeof ollama>[0],
    wanted: { defaultModel: string; allow: string[] | null },
  ): Promise<string | null> {
    const url = await ollama(models);
    return pickModel(url, (await listModels(url)) ?? [], wanted);
  }

  it.each([
    ['the default, by its short name', { a: {}, 'llama2:latest': {} }, 'llama2'],
    ['the first, where the default is missing', { 'a:1': {}, 'b:1': {} }, 'a:1'],
    ['one that can chat', { e: { capabilities: ['embedding'] }, b: {} }, 'b'],
    ['one that is local', { c: { remote_host: 'cloud' }, b: {} }, 'b'],
    ['none of none', {}, null],
  ])('is %s', async (_name, models, expected) => {
    expect(await choice(models, { defaultModel: 'llama2', allow: null })).toBe(expected);
  });

  it('keeps to MODEL_ALLOW', async () => {
    const models = { 'a:1': {}, 'b:latest': {} };
    expect(await choice(models, { defaultModel: 'a:1', allow: ['b'] })).toBe('b:latest');
  });

  it('knows when no Ollama answers, or something else does', async () => {
    expect(await listModels(await deadUrl())).toBeNull();
    server = createServer((_request, response) => response.end('<html>'));
    expect(await listModels((await listen(server)).url)).toBeNull();
  });
});

describe("quickstart's children", () => {
  function start(code: string): { children: Children; pid: number | undefined } {
    const children = new Children();
    const child = spawn(process.execPath, ['-e', code], { detached: true, stdio: 'ignore' });
    children.add({ name: 'service', child, wholeGroup: false });
    return { children, pid: child.pid };
  }

  it('tell of a death that was not asked for', async () => {
    const { children } = start('process.exit(3)');
    await expect(children.failed).rejects.toThrow('The service ended (3).');
  });

  it('are stopped, by force where they do not listen', async () => {
    const { children, pid } = start("process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6)");
    await children.stop({ patienceMs: 50, byTerminal: false });
    expect(() => process.kill(Number(pid), 0)).toThrow(/ESRCH/);
  });
});

describe("quickstart's next steps", () => {
  it.each([
    ['linux', `-d '{"message": "Hello, how are you?"}'`],
    ['win32', String.raw`-d "{\"message\": \"Hello, how are you?\"}"`],
  ] as const)("have a curl for %s's shell", (platform, body) => {
    expect(nextSteps('http://localhost:8000', platform)).toContain(body);
  });
});
