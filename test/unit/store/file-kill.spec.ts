import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { Scene } from '../../contract/store/scene.js';
import { StoreFolder } from './folder.js';

const here = (name: string) => resolve(import.meta.dirname, name);

/** Lets a process answer until it has said so `answers` times, kills it, and gives what it said. */
async function killedAfter(answers: number, folder: string): Promise<Map<string, number>> {
  const hooks = pathToFileURL(here('typescript-hooks.mjs')).href;
  const child = spawn(process.execPath, ['--import', hooks, here('busy-process.ts'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  const kept = new Map<string, number>();
  let lines = 0;
  for await (const line of createInterface(child.stdout)) {
    const [id = '', number] = line.split(' ');
    kept.set(id, Number(number));
    if (++lines === answers) child.kill('SIGKILL');
  }
  expect((await gone)[1]).toBe('SIGKILL');
  return kept;
}

describe('a process killed in the middle of its work', () => {
  let folder: StoreFolder;
  beforeEach(async () => {
    folder = await StoreFolder.make();
  });
  afterEach(() => folder.remove());

  it.each([1, 20, 60])(
    'after %i answers, leaves each of them whole and none unfinished',
    async (answers) => {
      const kept = await killedAfter(answers, folder.path);

      const one = new Scene(await folder.open(), { ownerId: 'default' });
      for (const [id, number] of kept) {
        const found = await one.conversations.find(one.ownerId, id, { limit: 1e6, branch: 'all' });
        if (!found || typeof found === 'string') throw new Error('Not found');
        const { messages, activeGenerationId } = found;
        expect(activeGenerationId).toBeNull();
        for (let n = 1; n <= number; n++) {
          expect(messages[2 * n - 2]).toMatchObject({ content: `question ${n}` });
          expect(messages[2 * n - 1]).toMatchObject({ content: `answer ${n}`, status: 'complete' });
        }
        for (const message of messages) expect(message.status).not.toBe('streaming');
        const firsts = messages.filter(({ parentId }) => parentId === id);
        expect(firsts).toHaveLength(1 + Math.floor(messages.length / 2 / 3));
        await one.answered(one.reply(id));
      }
      expect(await folder.names('quarantine')).toEqual([]);
    },
    60_000,
  );
});
