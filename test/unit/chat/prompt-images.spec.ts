import { AIMessage, HumanMessage, type BaseMessage } from '@langchain/core/messages';
import { fitContext } from '../../../src/chat/prompt/fit-context.js';
import { IMAGE_TOKENS, loadImages } from '../../../src/chat/prompt/prompt-images.js';
import { PromptCounter } from '../../../src/chat/prompt/prompt-counter.js';
import { toModelTurns, type SpokenMessage } from '../../../src/chat/prompt/turns.js';

const seen = (id: string) => ({ id, mediaType: 'image/png', bytes: 3 });
const user = (content: string, ...ids: string[]): SpokenMessage => ({
  role: 'user',
  content,
  images: ids.length === 0 ? null : ids.map(seen),
});
const assistant = (content: string): SpokenMessage => ({ role: 'assistant', content });

/** Reads every image as its id, but none that is called gone. */
function reader() {
  const read: string[] = [];
  const readImage = (id: string) => {
    read.push(id);
    const pieces = (async function* () {
      yield Buffer.from(id.slice(0, 3));
      yield Buffer.from(id.slice(3));
    })();
    return Promise.resolve(id === 'gone' ? null : { mediaType: 'image/png', bytes: 0, pieces });
  };
  return { read, readImage };
}

/** Text and images of each message, as a model is shown them. */
async function shown(messages: BaseMessage[], readImage = reader().readImage) {
  return (await loadImages(messages, readImage)).map(({ content }) => content);
}

const url = (id: string) => ({
  type: 'image_url',
  image_url: { url: `data:image/png;base64,${Buffer.from(id).toString('base64')}` },
});
const text = (content: string) => ({ type: 'text', text: content });

describe('images in a prompt', () => {
  it('stand behind the text of their message, as LangChain writes them', async () => {
    const turns = toModelTurns([user('Hi'), assistant('Hello'), user('This?', 'one', 'picture')]);
    expect(turns.every((turn) => HumanMessage.isInstance(turn) || AIMessage.isInstance(turn))).toBe(
      true,
    );
    expect(await shown(turns)).toEqual([
      'Hi',
      'Hello',
      [text('This?'), url('one'), url('picture')],
    ]);
  });

  it('of questions that are joined stay together', async () => {
    const turns = toModelTurns([
      user('One', 'one'),
      assistant(''),
      user('', 'two'),
      user('Three'),
      assistant('So'),
      user('', 'four'),
    ]);
    expect(await shown(turns)).toEqual([
      [text('One\n\nThree'), url('one'), url('two')],
      'So',
      [url('four')],
    ]);
  });

  it('are not shown to a model that sees none', async () => {
    const turns = toModelTurns([user('One', 'one'), assistant('So'), user('', 'two')], {
      withImages: false,
    });
    expect(await shown(turns)).toEqual(['One', 'So', '']);
  });

  it('that are gone are left out', async () => {
    const turns = toModelTurns([user('One', 'gone', 'here')]);
    expect(await shown(turns)).toEqual([[text('One'), url('here')]]);
  });

  it('cannot be named by a text', async () => {
    const { read, readImage } = reader();
    await shown(toModelTurns([user('stored:one'), user('{"url":"stored:one"}')]), readImage);
    expect(read).toEqual([]);
  });

  it('count for what they take, and only what fits is read', async () => {
    const [turn] = toModelTurns([user('Hi', 'one', 'two')]);
    const [plain] = toModelTurns([user('Hi')]);
    if (!turn || !plain) throw new Error('There are two');
    const counter = new PromptCounter('large');
    expect(counter.messages([turn]) - counter.messages([plain])).toBe(2 * IMAGE_TOKENS);
    expect(counter.atLeast([turn])).toBeLessThan(counter.messages([turn]));

    const messages = Array.from({ length: 6 }, (_, n) => [
      user(`Question ${n}`, `image ${n}`),
      assistant(`Answer ${n}`),
    ]).flat();
    const turns = toModelTurns([...messages, user('And now?')]);
    const fitting = await fitContext(turns, { contextTokens: 4_096, maxTokens: 512 });
    const { read, readImage } = reader();
    await loadImages(fitting, readImage);
    expect(read).toEqual(['image 3', 'image 4', 'image 5']);
  });

  it('eight fit the usual window', async () => {
    const turns = toModelTurns([user('What are these?', ...Array.from('abcdefgh'))]);
    await expect(fitContext(turns, { contextTokens: 8_192, maxTokens: 1_000 })).resolves.toBe(
      turns,
    );
    const attempt = fitContext(turns, { contextTokens: 4_096, maxTokens: 1_000 });
    await expect(attempt).rejects.toMatchObject({ reason: 'context_exceeded' });
  });
});
