import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  NO_TURN,
  type GenerationEnd,
  type UnclaimedGeneration,
} from '../../../src/domain/generation.js';
import { MemoryStore } from '../../../src/store/memory/memory-store.js';
import { liveRig, TICKET } from './live-rig.js';

/** Of an answer in UTF-16 units of two bytes: six such are kept. */
const LENGTH = 1.25 * 1024 * 1024;

const END: GenerationEnd = {
  status: 'completed',
  phase: 'ended',
  finishReason: 'stop',
  usage: null,
  response: 'x',
  parts: null,
  report: null,
  spent: null,
  seq: 1,
  error: null,
  finishedAt: 1,
  upstreamClosed: true,
  commit: true,
  parentId: null,
};

function record(id: string): UnclaimedGeneration {
  return {
    key: id,
    id,
    ownerId: 'default',
    stateless: false,
    isKept: false,
    conversationId: id,
    messageId: id,
    answerParentId: 'q',
    model: 'llama2',
    createdAt: 1,
    onDisconnect: 'cancel',
    turn: NO_TURN,
    idempotency: null,
    echo: null,
    tokens: { keyName: 'default', promptTokens: null, maxTokens: 0, quotas: null },
  };
}

setFlagsFromString('--expose-gc');

describe('the generations of a process', () => {
  const { live: all, liveTexts } = liveRig(new MemoryStore());

  /** One that said `characters` characters and has ended. */
  function ended(id: string, characters: number): void {
    const live = all.prepare(record(id), [], TICKET);
    all.activate(live);
    live.log.append('x'.repeat(characters));
    live.end = END;
    all.retain(live);
  }

  it('hold nothing of its request once one has ended', async () => {
    const collect = runInNewContext('gc') as () => void;
    const requested = (() => {
      const request = { text: 'x' };
      const live = all.prepare(record('asked'), [], TICKET);
      all.activate(live);
      live.onConversationMade = () => expect(request).toBeDefined();
      live.onNothingKept = async () => {
        await expect(Promise.resolve(request)).resolves.toBeDefined();
      };
      live.inContext = (work) => {
        expect(request).toBeDefined();
        return work();
      };
      live.end = END;
      all.retain(live);
      return new WeakRef(request);
    })();
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    expect(all.get('asked')).not.toBeNull();
    expect(requested.deref()).toBeUndefined();
  });

  it('keep the logs of ended ones within 16 MiB: those that ended first go first', () => {
    const names = Array.from({ length: 10 }, (_, number) => `g${number}`);
    for (const name of names) ended(name, LENGTH);
    const kept = names.filter((name) => all.get(name) !== null);
    expect(kept).toEqual(['g4', 'g5', 'g6', 'g7', 'g8', 'g9']);
    expect(all.find('default', 'g3')).toBeNull();
    expect(all.find('default', 'g9')?.log.text()).toHaveLength(LENGTH);

    ended('large', 20 * LENGTH);
    expect(all.get('large')).toBeNull();
    expect(all.get('g9')).toBeNull();
  });

  it('let go of what was said in a conversation that is deleted', () => {
    ended('secret', 10);
    ended('other', 10);
    liveTexts.conversationDeleted('another owner', 'secret');
    expect(all.get('secret')).not.toBeNull();
    liveTexts.conversationDeleted('default', 'secret');
    expect(all.get('secret')).toBeNull();
    expect(all.find('default', 'secret')).toBeNull();
    expect(all.endedKeys).toEqual(['other']);
  });
});
