import { endedAnswer, type Answer } from '../../../src/generation/answer.js';
import { isReadToEnd, resumePoint } from '../../../src/generation/stream/resume-point.js';
import { MemoryStore } from '../../../src/store/memory/memory-store.js';
import { batch, completed, Scene, T0 } from '../../contract/store/scene.js';

const VALIDATION = { reason: 'validation' };

describe('the event after which a reader goes on', () => {
  const one = new Scene(new MemoryStore());

  async function answerOf(id: string, tokens: string[]): Promise<Answer> {
    return endedAnswer(await one.record(id), tokens);
  }

  it('may be the last of all, which it then has', async () => {
    const turn = await one.begun(one.opening(), ['a']);
    await one.finish(turn, completed('ab'), batch(turn.key, 2, ['b']));
    const answer = await answerOf(turn.id, ['a', 'b']);
    expect(await resumePoint(answer, { after: 3 })).toBe(3);
    expect(isReadToEnd(answer, 3)).toBe(true);
    await expect(resumePoint(answer, { after: 4 })).rejects.toMatchObject(VALIDATION);
  });

  it('is not the last of one whose worker died: it may be a token that was lost', async () => {
    const turn = await one.begun(one.opening(), ['a', 'b']);
    await one.reap(0, T0 + 30_000);
    const answer = await answerOf(turn.id, ['a', 'b']);
    expect(await resumePoint(answer, { after: 2 })).toBe(2);
    await expect(resumePoint(answer, { after: 3 })).rejects.toMatchObject(VALIDATION);
    await expect(resumePoint(answer, { lastEventId: '3' })).rejects.toMatchObject(VALIDATION);

    const condensed = await answerOf(turn.id, []);
    await expect(resumePoint(condensed, { after: 3 })).rejects.toMatchObject(VALIDATION);
    expect(isReadToEnd(answer, 2)).toBe(false);
  });
});
