import { titleOf } from '../../../src/chat/title.js';

describe('the title of a new conversation', () => {
  it('is the first message where that is short', () => {
    expect(titleOf('  Explain\n quantum   computing ')).toBe('Explain quantum computing');
  });

  it('is its beginning where that is long, cut between characters', () => {
    const title = titleOf('😀'.repeat(200));
    expect([...title]).toHaveLength(80);
    expect(title.endsWith('😀…')).toBe(true);
  });

  it('is never empty', () => {
    expect(titleOf(' \n ')).toBe('New conversation');
  });
});
