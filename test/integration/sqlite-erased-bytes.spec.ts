import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eraseOwner } from '../../src/commands/history/erase.js';
import { Scene } from '../contract/store/scene.js';
import { opened } from '../support/durable-store.js';
import { describeSqlite } from '../support/sqlite.js';
import { storedPlacesOf } from '../support/stored-text.js';

const TURNS = 240;
const AT_ONCE = 20;

describeSqlite('the bytes of a SQLite database', () => {
  it('have no copy of an erased owner’s text, left where pages were rearranged', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'chat-erased-'));
    const target = { kind: 'sqlite', file: join(folder, 'chat.sqlite') } as const;
    const store = await opened({ target });
    const secret = `Geheimnis${randomUUID()}`;
    // Rows of two owners, of many sizes, share pages.
    const [one, other] = [new Scene(store, { ownerId: secret }), new Scene(store)];
    for (let turn = 0; turn < TURNS; turn += AT_ONCE)
      await Promise.all(
        Array.from({ length: AT_ONCE }, async (_, at) => {
          const scene = at % 2 === 0 ? one : other;
          const text = `${scene.ownerId} said `.repeat(2 + ((turn + at) % 40));
          await scene.answered(scene.opening({ text, title: text.slice(0, 200) }), text);
        }),
      );
    await eraseOwner(store, secret);
    const storage = { target, env: {}, dispose: () => rm(folder, { recursive: true }) };
    expect(await storedPlacesOf(storage, secret)).toEqual([]);
    await store.close();
    await storage.dispose();
  });
});
