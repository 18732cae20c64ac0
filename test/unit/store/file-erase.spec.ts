import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eraseOwner } from '../../../src/commands/history/erase.js';
import { Scene } from '../../contract/store/scene.js';
import { opened } from '../../support/durable-store.js';

const SECRET = 'geheimnis';

/** A conversation's file as we write it, cut off. */
const torn = (owner: string, text: string) =>
  JSON.stringify({ version: 2, owner, id: 'a', title: text, messages: [{ content: text }] }).slice(
    0,
    -5,
  );

describe('an owner that is erased from a folder with damaged files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chat-erased-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function filesWith(text: string): Promise<string[]> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const names: string[] = [];
    for (const entry of entries.filter((one) => one.isFile())) {
      const content = await readFile(join(entry.parentPath, entry.name), 'utf8');
      if (content.includes(text)) names.push(entry.name);
    }
    return names.sort();
  }

  it('leaves none of them that is its own, or that does not say whose it is', async () => {
    const target = { kind: 'file', folder } as const;
    const store = await opened({ target });
    const [one, other] = [new Scene(store, { ownerId: 'one' }), new Scene(store)];
    await one.answered(one.opening({ text: SECRET }));
    await other.answered(other.opening({ text: `${SECRET} of another` }));
    await store.close();
    const quarantine = join(folder, 'quarantine');
    await mkdir(quarantine);
    const id = '00000000-0000-4000-8000-00000000000';
    await writeFile(join(quarantine, `${id}1.json`), torn('one', SECRET));
    await writeFile(join(quarantine, `${id}2.json`), torn(other.ownerId, `${SECRET} of another`));
    await writeFile(join(quarantine, `${id}3.json`), `\0\0\0 "content":"${SECRET}"`);
    await writeFile(join(folder, 'owners', 'one', `${id}4.json.tmp`), SECRET);
    await writeFile(join(folder, `${id}5.json`), torn('one', SECRET));
    await writeFile(join(folder, 'notes.json'), `{"of another program": "${SECRET}"}`);
    await store.open();
    await eraseOwner(store, 'one');
    await store.close();

    const left = await filesWith(SECRET);
    expect(left).toHaveLength(3);
    expect(left).toEqual(expect.arrayContaining([`${id}2.json`, 'notes.json']));
    expect(await filesWith(`${SECRET} of another`)).toHaveLength(2);
    expect(await readdir(join(folder, 'owners'))).not.toContain('one');
  });
});
