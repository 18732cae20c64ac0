import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getJson, postJson, sendJson } from '../support/http-client.js';
import { peakMemoryOf } from './support/process-facts.js';
import { Rig } from './support/rig.js';

const ID = '00000000-0000-4000-8000-000000000000';
const TURNS = 6_000;
const AT = '2025-06-15T15:06:40.000Z';
/** The most that the service may take, in MiB: alone it takes 130, and the file has 156. */
const MEMORY = 280;

/** A conversation as earlier releases wrote it, on one line. */
async function writeLongConversation(folder: string): Promise<void> {
  const content = 'Words, "quoted",\nand more. '.repeat(450);
  const file = await open(join(folder, `${ID}.json`), 'w');
  const times = `"created_at":"${AT}","updated_at":"${AT}"`;
  await file.write(`{"version":1,"id":"${ID}","title":"Long",${times},"messages":[`);
  for (let n = 0; n < TURNS; n += 1) {
    const turn = ['user', 'assistant'].map((role) =>
      JSON.stringify({ role, content, timestamp: AT, id: `${role}-${n}`, status: 'complete' }),
    );
    await file.write(`${n === 0 ? '' : ','}${turn.join(',')}`);
  }
  await file.write(']}\n');
  await file.close();
}

describe('a conversation of 6,000 turns and 156 MB in a file', () => {
  let rig: Rig;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'long-conversation-'));
    await writeLongConversation(folder);
    rig = await Rig.start({
      env: {
        HISTORY_STORAGE_TYPE: 'file',
        HISTORY_FILE_PATH: folder,
        // The readers' connections are none that are left behind.
        KEEP_ALIVE_TIMEOUT: '1',
      },
    });
  });
  afterAll(async () => {
    await rig.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const path = `/api/history/${ID}`;
  const page = async () => {
    const { body } = await getJson(`${rig.url}${path}?messages=50`);
    expect(body.messages).toHaveLength(50);
  };

  it('delays nobody, however it is read, continued and deleted', async () => {
    const attack = async (): Promise<void> => {
      await Promise.all(Array.from({ length: 20 }, page));
      const chat = { message: 'And then?', conversation_id: ID };
      const answered = await postJson(`${rig.url}/api/chat`, chat);
      expect(answered).toMatchObject({ status: 200, body: { response: 'Good day' } });
      const whole = await fetch(`${rig.url}${path}`);
      expect((await whole.arrayBuffer()).byteLength).toBeGreaterThan(TURNS * 2 * 12_000);
      await Promise.all(Array.from({ length: 20 }, page));
      expect((await sendJson('DELETE', `${rig.url}${path}`, undefined)).status).toBeLessThan(300);
    };
    await rig.whileServing(attack);
    expect(peakMemoryOf(rig.pid)).toBeLessThan(MEMORY);
    await rig.recovered();
  });
});
