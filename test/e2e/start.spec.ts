import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { ServiceProcess } from '../support/service-process.js';

/** The `.env` block of the original design, as it stands there. */
const SEED_ENV: Record<string, string> = {
  API_HOST: '0.0.0',
  API_DEBUG: 'False',
  API_WORKERS: '1',
  OLLAMA_BASE_URL: 'http://localhost:11434',
  OLLAMA_DEFAULT_MODEL: 'llama2',
  OLLAMA_TIMEOUT: '30',
  OLLAMA_RETRIES: '3',
  MODEL_DEFAULT_TEMPERATURE: '0.7',
  MODEL_DEFAULT_MAX_TOKENS: '1000',
  MODEL_DEFAULT_TOP_P: '1.0',
  HISTORY_STORAGE_TYPE: 'file',
  HISTORY_FILE_PATH: './data/conversations',
  HISTORY_MAX_CONVERSATIONS: '1000',
  RATE_LIMIT_ENABLED: 'True',
  RATE_LIMIT_REQUESTS: '10',
  RATE_LIMIT_STREAMS: '2',
  LOG_LEVEL: 'INFO',
};

describe('the start', () => {
  it('boots with the seed’s own settings', async () => {
    const service = await ServiceProcess.start(SEED_ENV);
    await service.remove();
  });

  it('stops with one line a wrong variable, and no value', async () => {
    const service = ServiceProcess.spawn({ RATE_LIMIT_REQUESTS: 'sev3n', LOG_LEVEL: 'L0UD' });
    expect((await service.exited).code).toBe(1);
    await service.remove();
    expect(service.stderr).toMatch(/^ *RATE_LIMIT_REQUESTS.*$/m);
    expect(service.stderr).toMatch(/^ *LOG_LEVEL.*$/m);
    expect(service.stderr).not.toMatch(/sev3n|L0UD/);
  });

  it('refuses several workers over a store that one process keeps', async () => {
    const service = ServiceProcess.spawn({ API_WORKERS: '2' });
    expect((await service.exited).code).toBe(1);
    await service.remove();
    expect(service.stderr).toContain('API_WORKERS');
  });

  describe('without the native module of SQLite', () => {
    it.each(['package', 'binding', 'other-node'])('(%s) says what to install', async (way) => {
      const hook = resolve(import.meta.dirname, '../support/without-sqlite.cjs');
      const missing = { NODE_OPTIONS: `--require=${hook}`, WITHOUT_SQLITE: way };
      const service = ServiceProcess.spawn({ HISTORY_STORAGE_TYPE: 'database', ...missing });
      expect((await service.exited).code).toBe(1);
      await service.remove();
      expect(service.log.at(-1)).toMatchObject({
        level: 'fatal',
        msg: expect.stringMatching(/^HISTORY_STORAGE_TYPE: .*better-sqlite3.*npm ci/),
      });
      expect(service.log.at(-1)).not.toHaveProperty('error');

      const other = await ServiceProcess.start({ HISTORY_STORAGE_TYPE: 'file', ...missing });
      await other.remove();
    });
  });

  it('logs nothing of each route, and errors with lines of the source', async () => {
    const service = ServiceProcess.spawn({
      HISTORY_STORAGE_TYPE: 'database',
      HISTORY_DB_URL: 'postgres://user:secret@127.0.0.1:1/chat',
      NODE_OPTIONS: '--enable-source-maps',
    });
    const { error } = await service.logged('The store cannot be reached yet; trying again');
    await service.remove();
    const atPool =
      / at PostgresPool\.connect \(.*src\/store\/typeorm\/postgres\/postgres-pool\.ts:\d+:\d+\)/;
    expect(error).toMatchObject({ stack: expect.stringMatching(atPool) });
    // Nest says it with the names of its classes, by which they are left out.
    expect(service.log.map(({ context }) => context)).toEqual(service.log.map(() => undefined));
  });

  it('names the port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const service = ServiceProcess.spawn({ API_PORT: String(port) });
    expect((await service.exited).code).toBe(1);
    await service.remove();
    other.close();
    expect(service.log.at(-1)?.msg).toBe(`API_PORT ${String(port)} is in use by another process`);
  });
});
