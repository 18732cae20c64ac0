import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answer, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { describeSqlite, openSqlite } from '../support/sqlite.js';
import { textOf } from '../support/stream-reader.js';
import { dataIsSound } from './checks/data.js';
import { Rig, told } from './network/rig.js';

const UNAVAILABLE = { code: 'SERVICE_UNAVAILABLE', reason: 'store_unavailable' };

describeSqlite('SQLite whose file another process locks', () => {
  it('goes on with the tokens, saves them once the lock is gone, and says 503 meanwhile', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'chat-locked-'));
    const file = join(folder, 'chat.sqlite');
    const rig = await Rig.start({
      HISTORY_STORAGE_TYPE: 'database',
      HISTORY_DB_URL: `sqlite:${file}`,
    });
    const other = openSqlite(file);
    try {
      const gate = new Gate();
      rig.ollama.next(script().tokens('a', 'b').wait(gate).tokens('c', 'd').done());
      const reader = await rig.stream();
      await reader.take(2);
      other.exec('BEGIN IMMEDIATE');
      gate.open();
      expect(textOf(await reader.take(2))).toBe('cd');
      // Comes back only after the service has waited for the lock as long as it does.
      const refused = await postJson(rig.url('chat'), { message: 'Hi' });
      expect(refused.status).toBe(503);
      expect(refused.body).toMatchObject(UNAVAILABLE);
      expect((await getJson(rig.url('history'))).status).toBe(200);
      other.exec('ROLLBACK');
      expect((await reader.rest()).map(({ data }) => data)).toMatchObject([{ done: true }]);
      expect(told(await rig.history(reader))).toEqual([
        'user complete: Hi',
        'assistant complete: abcd',
      ]);
      rig.ollama.next(answer('free'));
      expect((await postJson(rig.url('chat'), { message: 'Hi' })).body.response).toBe('free');
    } finally {
      other.close();
      await rig.remove();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** A small file system of its own; null where this process may not mount one. */
function mountSmallDisk(): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'chat-disk-'));
  if (mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder)) return folder;
  rmSync(folder, { recursive: true });
  return null;
}

const mount = (...options: string[]): boolean => spawnSync('mount', options).status === 0;

const disk = mountSmallDisk();
if (disk === null) console.warn('No file system can be mounted here: full disks are not tested.');

(disk === null ? describe.skip : describe)('a disk of its own', () => {
  const folder = String(disk);
  afterAll(() => {
    spawnSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  });

  /** Takes all the room there is. */
  async function fill(): Promise<() => Promise<void>> {
    const path = join(folder, 'filler.bin');
    const handle = await open(path, 'w');
    for (const size of [65_536, 4_096, 256, 1]) {
      try {
        for (;;) if ((await handle.write(Buffer.alloc(size))).bytesWritten === 0) break;
      } catch {
        // No room for so much: for less, perhaps.
      }
    }
    await handle.close();
    return () => rm(path);
  }

  const remount = (how: 'ro' | 'rw'): void =>
    expect(mount('-o', `remount,${how}`, folder)).toBe(true);

  async function chatted(rig: Rig, text: string): Promise<string> {
    rig.ollama.next(answer(text));
    const { body } = await postJson(rig.url('chat'), { message: 'Hi' });
    expect(body.response).toBe(text);
    return body.conversation_id;
  }

  describe.each([
    ['file', { HISTORY_STORAGE_TYPE: 'file', HISTORY_FILE_PATH: join(folder, 'files') }],
    [
      'SQLite',
      { HISTORY_STORAGE_TYPE: 'database', HISTORY_DB_URL: `sqlite:${join(folder, 'chat.sqlite')}` },
    ],
  ])('for the %s store', (name, env) => {
    let rig: Rig;
    let before: string;
    beforeAll(async () => {
      rig = await Rig.start(env);
      before = await chatted(rig, 'before');
    });
    afterAll(async () => {
      await rig.remove();
      for (const part of ['files', 'chat.sqlite', 'chat.sqlite-wal', 'chat.sqlite-shm'])
        await rm(join(folder, part), { recursive: true, force: true });
    });

    const expectSound = async (): Promise<void> => {
      const target =
        name === 'file'
          ? ({ kind: 'file', folder: join(folder, 'files') } as const)
          : ({ kind: 'sqlite', file: join(folder, 'chat.sqlite') } as const);
      expect(await dataIsSound(target)).toEqual([]);
    };

    it('says 503 when it is full, keeps what was there, and recovers alone', async () => {
      const gate = new Gate();
      rig.ollama.next(script().tokens('a', 'b').wait(gate).tokens('c').done());
      const reader = await rig.stream();
      await reader.take(2);
      const makeRoom = await fill();
      const refused = await postJson(rig.url('chat'), { message: 'x'.repeat(9_000) });
      expect(refused.status).toBe(503);
      expect(refused.body).toMatchObject(UNAVAILABLE);
      const { body } = await getJson(rig.url(`history/${before}`));
      expect(told(body)).toEqual(['user complete: Hi', 'assistant complete: before']);
      expect((await rig.ready(503)).body.dependencies.store).toBe('down');
      gate.open();
      expect(textOf(await reader.take(1))).toBe('c');
      await makeRoom();
      await rig.ready(200);
      expect((await reader.rest()).at(-1)?.data).toMatchObject({ done: true });
      expect(told(await rig.history(reader))).toEqual([
        'user complete: Hi',
        'assistant complete: abc',
      ]);
      await chatted(rig, 'after');
      await expectSound();
    });

    // SQLite holds its file open, and a system takes no disk away on which somebody writes.
    if (name === 'SQLite') return;

    it('says 503 when it is read-only, keeps what was there, and recovers alone', async () => {
      remount('ro');
      const refused = await postJson(rig.url('chat'), { message: 'Hi' });
      expect(refused.status).toBe(503);
      expect(refused.body).toMatchObject(UNAVAILABLE);
      const { body } = await getJson(rig.url(`history/${before}`));
      expect(told(body)).toEqual(['user complete: Hi', 'assistant complete: before']);
      await rig.ready(503);
      remount('rw');
      await rig.ready(200);
      await chatted(rig, 'after');
      await expectSound();
    });
  });
});
