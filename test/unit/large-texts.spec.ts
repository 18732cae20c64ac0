import { liftTexts } from '../../src/common/http/body/lift-texts.js';
import { LargeTextScanner } from '../../src/common/http/body/large-text-scanner.js';
import { LargeText } from '../../src/common/http/body/large-text.js';

const LONG = 'A'.repeat(5_000);
const MAX_REST = 20_000;

/** The value of a JSON text that comes in pieces of this size, its long texts as `LargeText`. */
function read(json: string, size = 1_000): unknown {
  const bytes = Buffer.from(json);
  const scanner = new LargeTextScanner('images', MAX_REST);
  for (let at = 0; at < bytes.length; at += size) scanner.feed(bytes.subarray(at, at + size));
  const { rest, restore } = liftTexts(bytes, scanner.ranges);
  const value: unknown = JSON.parse(rest.toString());
  restore(value, 'images');
  return value;
}

/** With long texts as strings again, and which of them were lifted. */
function plain(value: unknown): unknown {
  if (value instanceof LargeText) return `lifted ${value.bytes().toString()}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

describe('long texts of a body', () => {
  it.each([1, 7, 1_000, 100_000])('are lifted where they may stand, in pieces of %d', (size) => {
    const body = {
      message: 'é "\\ 🙂 {[:,',
      images: [LONG, { data: `${LONG}B`, media_type: 'image/png' }, 'short', 7, null, [LONG]],
      parameters: { images: [LONG], stop: ['images'] },
      model: 'images',
    };
    expect(plain(read(JSON.stringify(body), size))).toEqual({
      ...body,
      images: [
        `lifted ${LONG}`,
        { data: `lifted ${LONG}B`, media_type: 'image/png' },
        'short',
        7,
        null,
        [`lifted ${LONG}`],
      ],
    });
  });

  it.each([1, 3, 1_000])('have escaped slashes, and no other escapes, in pieces of %d', (size) => {
    const json = `{"images":["${LONG}\\/${LONG}\\/","${LONG}\\n","\\u0041${LONG}"]}`;
    expect(plain(read(json, size))).toEqual({
      images: [`lifted ${LONG}/${LONG}/`, `${LONG}\n`, `A${LONG}`],
    });
  });

  it('are others in a field of another name', () => {
    const body = { image: [LONG], imagesx: [LONG], 'im\\ages': [LONG] };
    expect(plain(read(JSON.stringify(body)))).toEqual(body);
    expect(plain(read(`{"im\\u0061ges":["${LONG}"]}`))).toEqual({ images: [LONG] });
  });

  it('do not count to the rest of the body, which is refused as soon as it is too large', () => {
    const images = Array.from({ length: 20 }, () => LONG);
    expect(() => read(JSON.stringify({ images }))).not.toThrow();
    for (const body of [
      { message: images.join('') },
      { images: images.map((text) => `${text}\n`) },
      { images: images.map((text) => text.slice(0, 4_000)) },
      { message: images },
    ])
      expect(() => read(JSON.stringify(body))).toThrow(/larger than/);
    expect(() => read(`{"images":["${LONG}"${' '.repeat(MAX_REST)}`)).toThrow(/larger than/);
    expect(() => read('a'.repeat(MAX_REST + 1))).toThrow(/larger than/);
  });

  it('cannot be named by a client', () => {
    const body = { images: [LONG, '\0x:0'], message: '\0x:0' };
    expect(plain(read(JSON.stringify(body)))).toEqual({
      ...body,
      images: [`lifted ${LONG}`, '\0x:0'],
    });
  });
});
