import { mkdtempSync, rmSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answer, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { describeSqlite } from '../support/sqlite.js';
import { textOf } from '../support/stream-reader.js';
import { Rig, told } from './network/rig.js';

const UNAVAILABLE = { code: 'SERVICE_UNAVAILABLE', reason: 'store_unavailable' };

const FILES = ['files', 'The history folder'] as const;
const DATABASE = ['chat.sqlite', 'The SQLite database'] as const;

function describeMoved(workers: number, [name, what]: typeof FILES | typeof DATABASE): void {
  let folder: string;
  let path: string;
  let rig: Rig;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'chat-moved-'));
    path = join(folder, name);
    rig = await Rig.start({
      API_WORKERS: String(workers),
      ...(name === 'files'
        ? { HISTORY_STORAGE_TYPE: 'file', HISTORY_FILE_PATH: path }
        : { HISTORY_STORAGE_TYPE: 'database', HISTORY_DB_URL: `sqlite:${path}` }),
    });
    await rig.ready(200);
  });
  afterAll(async () => {
    await rig.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const errors = () =>
    rig.service.log.filter(({ msg }) => msg?.startsWith(`${what} was moved away`));

  it('takes nothing that would be lost, says what to do, and goes on when they are back', async () => {
    rig.ollama.next(answer('before'));
    const before = await postJson(rig.url('chat'), { message: 'Hi' });
    const gate = new Gate();
    rig.ollama.next(script().tokens('a', 'b').wait(gate).tokens('c').done());
    const reader = await rig.stream();
    await reader.take(2);

    await rename(path, `${path}.away`);
    gate.open();
    expect(textOf(await reader.take(1))).toBe('c');
    await rig.ready(503);
    rig.ollama.always(answer('lost'));
    for (let tries = 0; tries < 2 * workers; tries += 1) {
      const refused = await postJson(rig.url('chat'), { message: 'Hi' });
      expect([refused.status, refused.body]).toEqual([503, expect.objectContaining(UNAVAILABLE)]);
    }
    expect((await getJson(rig.url('health/live'))).status).toBe(200);

    await rename(`${path}.away`, path);
    await rig.ready(200);
    expect((await reader.rest()).at(-1)?.data).toMatchObject({ done: true });
    expect(told(await rig.history(reader))).toEqual([
      'user complete: Hi',
      'assistant complete: abc',
    ]);
    const { body } = await getJson(rig.url(`history/${before.body.conversation_id}`));
    expect(told(body)).toEqual(['user complete: Hi', 'assistant complete: before']);
    expect(errors()).toHaveLength(workers);
    expect(errors()[0]).toMatchObject({ level: 'error' });
  });
}

describe('the file store whose folder is moved away while it runs', () => describeMoved(1, FILES));
describeSqlite('SQLite whose file is moved away while it runs', () => describeMoved(1, DATABASE));
describeSqlite('SQLite with several workers whose file is moved away while they run', () =>
  describeMoved(3, DATABASE),
);
