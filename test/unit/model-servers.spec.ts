import { fullModelName } from '../../src/domain/model-name.js';
import { ModelServers } from '../../src/models/model-servers.js';
import { assertPermitted } from '../../src/chat/permitted-model.js';
import { isPermitted } from '../../src/models/permitted-models.js';
import { MODEL_SETTINGS } from '../support/ollama-fixture.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { ScriptedServer } from '../support/scripted-server.js';

const notFound = { status: 404, reason: 'model_not_found' };
const unavailable = { status: 503, reason: 'model_unavailable' };

let ollama: ScriptedServer;
let openai: ScriptedServer;
let logger: RecordingLogger;

beforeEach(() => {
  ollama = new ScriptedServer('ollama', ['llama2:latest', 'shared'], fullModelName);
  openai = new ScriptedServer('openai', ['gpt-oss', 'openai/gpt-oss', 'shared', 'Qwen/Qwen3']);
  logger = new RecordingLogger();
});

const both = (allow: readonly string[] | null = null) =>
  new ModelServers([ollama, openai], allow, logger);
const shownBy = async (servers: ModelServers) =>
  (await servers.list()).map(({ provider, name }) => `${provider}: ${name}`);

/** The server that a name goes to, and the name that it is asked for there. */
async function routeOf(servers: ModelServers, model: string): Promise<string> {
  const before = [ollama.resolved.length, openai.resolved.length];
  const profile = await servers.resolve(model);
  servers.chatModel({ ...MODEL_SETTINGS, model }, profile);
  const asked = [ollama, openai].filter((server, index) => server.resolved.length > before[index]!);
  expect(asked).toHaveLength(1);
  expect(asked[0]!.made.at(-1)).toBe(asked[0]!.resolved.at(-1));
  return `${asked[0]!.name}: ${asked[0]!.resolved.at(-1)}`;
}

describe('the meaning of a name', () => {
  test.each([
    ['llama2', 'ollama: llama2', 'as Ollama compares names'],
    ['LLAMA2:latest', 'ollama: LLAMA2:latest', 'in any case, as Ollama does'],
    ['ollama/llama2', 'ollama: llama2', 'a prefix'],
    ['shared', 'ollama: shared', 'Ollama first'],
    ['openai/shared', 'openai: shared', 'a prefix names the other one'],
    ['gpt-oss', 'openai: gpt-oss', 'listed by one'],
    ['openai/gpt-oss', 'openai: openai/gpt-oss', 'a listed name wins over its prefix'],
    ['Qwen/Qwen3', 'openai: Qwen/Qwen3', 'exactly'],
    ['openai/Qwen/Qwen3', 'openai: Qwen/Qwen3', 'a prefix before a path'],
  ])('%s is %s: %s', async (name, route) => {
    expect(await routeOf(both(), name)).toBe(route);
  });

  test.each([
    'nothing',
    'qwen/qwen3',
    'openai/llama2',
    'ollama/gpt-oss',
    'openai/',
    'other/llama2',
  ])('%s is no model', async (name) => {
    await expect(both().resolve(name)).rejects.toMatchObject(notFound);
  });

  test.each(['', 'two words'])('%j is no name', async (name) => {
    await expect(both().resolve(name)).rejects.toMatchObject({ status: 400, reason: 'validation' });
    expect([ollama.lists, openai.lists]).toEqual([0, 0]);
  });

  test('a model that was added is found at once', async () => {
    const servers = both();
    await expect(servers.resolve('new')).rejects.toMatchObject(notFound);
    openai.models.push('new');
    expect(await routeOf(servers, 'new')).toBe('openai: new');
  });

  test('a known name waits for no list', async () => {
    const servers = both();
    await servers.resolve('gpt-oss');
    const before = [ollama.lists, openai.lists];
    await servers.resolve('llama2');
    expect([ollama.lists, openai.lists]).toEqual(before);
  });
});

describe('a server that is down', () => {
  test('keeps its names: they are unavailable, and never those of another one', async () => {
    const servers = both();
    await servers.list();
    ollama.isUp = false;
    for (const name of ['llama2', 'shared', 'ollama/new']) {
      await expect(servers.resolve(name)).rejects.toMatchObject(unavailable);
    }
    expect(await routeOf(servers, 'gpt-oss')).toBe('openai: gpt-oss');
    await expect(servers.resolve('nothing')).rejects.toMatchObject(notFound);
    expect(openai.resolved).not.toContain('shared');
  });

  test('that has never answered may have any name that no other one lists', async () => {
    const servers = both();
    openai.isUp = false;
    await expect(servers.resolve('gpt-oss')).rejects.toMatchObject(unavailable);
    await expect(servers.resolve('nothing')).rejects.toMatchObject(unavailable);
    expect(await routeOf(servers, 'llama2')).toBe('ollama: llama2');
    openai.isUp = true;
    expect(await routeOf(servers, 'gpt-oss')).toBe('openai: gpt-oss');
    await expect(servers.resolve('nothing')).rejects.toMatchObject(notFound);
  });

  test('is left out of the list, which fails only where none answers', async () => {
    const servers = both();
    ollama.isUp = false;
    expect(await shownBy(servers)).toContain('openai: gpt-oss');
    openai.isUp = false;
    await expect(servers.list()).rejects.toMatchObject(unavailable);
    await expect(servers.check(1_000)).rejects.toMatchObject(unavailable);
    openai.isUp = true;
    await servers.check(1_000);
  });
});

describe('the list', () => {
  test('has every model under a name that, sent back, means it', async () => {
    const servers = both();
    expect(await shownBy(servers)).toEqual([
      'ollama: llama2:latest',
      'ollama: shared',
      'openai: gpt-oss',
      'openai: openai/gpt-oss',
      'openai: openai/shared',
      'openai: Qwen/Qwen3',
    ]);
    for (const { name, provider } of await servers.list()) {
      const route = await routeOf(servers, name);
      expect(route.startsWith(provider)).toBe(true);
      expect(await servers.has(name)).toBe(true);
    }
  });

  test('leaves out, with one warning, what no name of 100 characters means', async () => {
    const long = 'x'.repeat(99);
    ollama.models.push('gpt-oss', long);
    openai.models.push(long);
    const servers = both();
    const listed = [await shownBy(servers), await shownBy(servers)];
    expect(listed[1]).toContain('openai: openai/gpt-oss');
    // `gpt-oss` is Ollama's, and `openai/gpt-oss` is another model.
    expect(listed[1]).not.toContain('openai: gpt-oss');
    expect(listed[1]).toContain(`ollama: ${long}`);
    expect(listed[1]!.filter((line) => line.includes(long))).toHaveLength(1);
    expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  test('the first model stays the first while its server is down', async () => {
    const servers = new ModelServers([openai, ollama], null, logger);
    openai.isUp = false;
    await expect(servers.firstModel()).rejects.toMatchObject(unavailable);
    openai.isUp = true;
    expect(await servers.firstModel()).toBe('gpt-oss');
    openai.isUp = false;
    expect(await servers.firstModel()).toBe('gpt-oss');
    openai.models.length = 0;
    openai.isUp = true;
    expect(await servers.firstModel()).toBe('llama2:latest');
    ollama.models.length = 0;
    expect(await servers.firstModel()).toBeNull();
  });
});

describe('MODEL_ALLOW', () => {
  test('lets through what its names mean, under any of their names', async () => {
    const servers = both(['llama2', 'shared', 'openai/Qwen/Qwen3']);
    expect(await shownBy(servers)).toEqual([
      'ollama: llama2:latest',
      'ollama: shared',
      'openai: Qwen/Qwen3',
    ]);
    expect(await routeOf(servers, 'ollama/llama2')).toBe('ollama: llama2');
    expect(await routeOf(servers, 'Qwen/Qwen3')).toBe('openai: Qwen/Qwen3');
    for (const name of ['gpt-oss', 'openai/shared']) {
      await expect(servers.resolve(name)).rejects.toMatchObject(notFound);
      expect(await servers.has(name)).toBe(false);
    }
  });

  test('names count as listed: the server decides', async () => {
    const servers = both(['openai/hidden', 'unlisted']);
    await expect(servers.resolve('openai/hidden')).rejects.toMatchObject(notFound);
    expect(openai.resolved).toEqual(['hidden']);
    await expect(servers.resolve('unlisted')).rejects.toMatchObject(notFound);
    expect(ollama.resolved).toEqual(['unlisted']);
    await expect(servers.resolve('other')).rejects.toMatchObject(notFound);
    expect([...ollama.resolved, ...openai.resolved]).not.toContain('other');
  });
});

describe('what a client may use', () => {
  test('is compared as the server compares names', async () => {
    const servers = both();
    await servers.list();
    const permits = (permitted: string, name: string) => isPermitted(servers, [permitted], name);
    expect(permits('llama2', 'ollama/LLAMA2:latest')).toBe(true);
    expect(permits('openai/Qwen/Qwen3', 'Qwen/Qwen3')).toBe(true);
    expect(permits('Qwen/Qwen3', 'qwen/qwen3')).toBe(false);
    expect(permits('shared', 'openai/shared')).toBe(false);
    expect(permits('unknown', 'unknown')).toBe(true);
    expect(servers.identify('openai/shared')).toEqual({ provider: 'openai', model: 'shared' });
  });

  const one = () => new ModelServers([ollama], null, logger);
  const asks = (servers: ModelServers, permitted: string[] | null, model: string) =>
    assertPermitted({ model, models: permitted }, servers);

  test.each([
    ['llama2', 'ollama/llama2'],
    ['llama2', 'ollama/LLAMA2:latest'],
    ['llama2:latest', 'ollama/llama2'],
    ['ollama/llama2', 'llama2'],
    ['ollama/llama2', 'llama2:latest'],
  ])('%s is %s to the first request: no name is refused unread', async (permitted, name) => {
    for (const make of [one, both]) {
      const [asked, listed] = [make(), make()];
      const answer = asks(asked, [permitted], name);
      expect(answer).not.toBeNull();
      await answer;
      // What was looked up is known: the next request waits for nothing.
      expect(asks(asked, [permitted], name)).toBeNull();
      await listed.list();
      expect(asks(listed, [permitted], name)).toBeNull();
    }
  });

  test('is decided at once where it is known, and refused by known names without a list', async () => {
    for (const servers of [one(), both()]) {
      expect(asks(servers, null, 'ollama/llama2')).toBeNull();
      expect(asks(servers, ['llama2'], 'llama2')).toBeNull();
      await servers.list();
      const before = ollama.lists;
      await expect(asks(servers, ['ollama/llama2'], 'shared')).rejects.toMatchObject(notFound);
      expect(ollama.lists).toBe(before);
    }
  });

  test('takes in a model that was added since the list was read', async () => {
    for (const servers of [one(), both()]) {
      await servers.list();
      const name = `new-${servers.servers.length}`;
      ollama.models.push(name);
      await asks(servers, [`ollama/${name}`], name);
    }
  });

  test('is not found while it cannot be looked up, and found once its server answers', async () => {
    for (const servers of [one(), both()]) {
      ollama.isUp = false;
      await expect(asks(servers, ['ollama/llama2'], 'llama2')).rejects.toMatchObject(notFound);
      ollama.isUp = true;
      await asks(servers, ['ollama/llama2'], 'llama2');
    }
  });
});

describe('one server', () => {
  test('gets every name as it is, and its list is not read for it', async () => {
    const servers = new ModelServers([ollama], ['llama2'], logger);
    expect(await routeOf(servers, 'LLAMA2')).toBe('ollama: LLAMA2');
    await expect(servers.resolve('openai/gpt-oss')).rejects.toMatchObject(notFound);
    expect(ollama.resolved).toContain('openai/gpt-oss');
    expect(servers.identify('LLAMA2')).toEqual({ provider: 'ollama', model: 'llama2:latest' });
    expect(ollama.lists).toBe(0);
  });

  test('knows its prefix', async () => {
    const servers = new ModelServers([ollama], null, logger);
    expect(await routeOf(servers, 'ollama/llama2')).toBe('ollama: llama2');
    await expect(servers.resolve('ollama/nothing')).rejects.toMatchObject(notFound);
    ollama.models.push('ollama/llama2');
    expect(await shownBy(servers)).toContain('ollama: ollama/llama2');
  });
});

test('all are closed', () => {
  both().close();
  expect([ollama.isClosed, openai.isClosed]).toEqual([true, true]);
});
