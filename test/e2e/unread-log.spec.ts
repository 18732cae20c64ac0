import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { getJson } from '../support/http-client.js';
import { describeSqlite } from '../support/sqlite.js';
import { UnreadPipe } from '../support/unread-pipe.js';

const MAIN = resolve(import.meta.dirname, '../../dist/src/main.js');
/** Their lines are a multiple of what a pipe holds. */
const REQUESTS = 600;

interface Line {
  msg?: string;
  url?: string;
}

let pipe: UnreadPipe;
let folder: string;
beforeEach(() => {
  pipe = new UnreadPipe();
  folder = mkdtempSync(join(tmpdir(), 'chat-service-'));
});
afterEach(() => {
  pipe.remove();
  rmSync(folder, { recursive: true });
});

/** Reads until all is there that is waited for. */
async function readUntil(isAll: (text: string) => boolean): Promise<Line[]> {
  let text = '';
  for (;;) {
    const all = isAll(text);
    text += pipe.read();
    if (all) break;
    await delay(5);
  }
  const lines = text.split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Line);
}

/** Answers whatever becomes of its log; the lines come once it is read, until the last one. */
async function answersUnread(env: Record<string, string>): Promise<void> {
  const { PATH = '' } = process.env;
  const service = spawn(process.execPath, [MAIN], {
    cwd: folder,
    env: { PATH, API_HOST: '127.0.0.1', API_PORT: '0', RATE_LIMIT_ENABLED: 'false', ...env },
    stdio: ['ignore', pipe.writer, 'inherit'],
  });
  const ended = once(service, 'exit');
  try {
    const start = await readUntil((text) => text.includes('"Listening"'));
    const url = start.find(({ msg }) => msg === 'Listening')?.url ?? '';
    for (let round = 0; round < REQUESTS / 20; round += 1) {
      const asked = Array.from({ length: 20 }, () => getJson(`${url}/api/history`));
      for (const { status } of await Promise.all(asked)) expect(status).toBe(200);
    }
    service.kill('SIGTERM');
    const lines = await readUntil(() => service.exitCode !== null || service.signalCode !== null);
    expect(lines.filter(({ msg }) => msg === 'Request served')).toHaveLength(REQUESTS);
    expect(await ended).toEqual([0, null]);
  } finally {
    service.kill('SIGKILL');
    await ended;
  }
}

describe('the service whose standard output nobody reads', () => {
  it('answers all the same, drains, and loses no line', () => answersUnread({}));
});

describeSqlite('several workers whose standard output nobody reads', () => {
  it('answer all the same, drain, and lose no line', () =>
    answersUnread({ API_WORKERS: '2', HISTORY_STORAGE_TYPE: 'database' }));
});
