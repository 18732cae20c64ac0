import { createHash, randomBytes } from 'node:crypto';
import { Base64Text } from '../../../src/chat/images/base64-text.js';
import { headerOf } from '../../../src/chat/images/image-header.js';
import { readImages } from '../../../src/chat/images/read-images.js';
import { LargeText } from '../../../src/common/http/body/large-text.js';
import {
  dataUrl,
  dataUrlOf,
  freshPng,
  mediaTypeOf,
  PICTURES,
  type PictureName,
} from '../../support/pictures.js';

const NAMES = Object.keys(PICTURES) as PictureName[];
const asImage = (data: Buffer): Base64Text => new Base64Text(data.toString('base64'));
const bytesOf = (name: PictureName): Buffer => Buffer.from(PICTURES[name], 'base64');

describe('the header of an image', () => {
  it.each(NAMES)('says type and size of a %s', (name) => {
    expect(headerOf(asImage(bytesOf(name)))).toEqual({
      type: mediaTypeOf(name),
      width: 16,
      height: 12,
    });
  });

  it.each(NAMES)('of a %s that ends in it is broken', (name) => {
    const whole = bytesOf(name);
    for (let length = 0; length < 24; length += 1)
      expect(headerOf(asImage(whole.subarray(0, length)))).toBeNull();
  });

  it('of a JPEG comes after what cameras put before it', () => {
    const whole = bytesOf('jpeg');
    const exif = Buffer.concat([Buffer.from([0xff, 0xe1, 0xff, 0xff]), Buffer.alloc(0xfffd, 0xc0)]);
    const large = Buffer.concat([whole.subarray(0, 2), exif, exif, whole.subarray(2)]);
    expect(headerOf(asImage(large))).toEqual({ type: 'image/jpeg', width: 16, height: 12 });
  });

  it('survives any bytes behind a known beginning', () => {
    for (const beginning of NAMES.map((name) => bytesOf(name).subarray(0, 16)))
      for (let round = 0; round < 500; round += 1) {
        const header = headerOf(asImage(Buffer.concat([beginning, randomBytes(60)])));
        expect(header === null || header.width * header.height > 0).toBe(true);
      }
  });
});

describe('base64', () => {
  const text = 'AAECAwQ=';

  it.each([0, 1, 2])('is decoded in pieces, with its digest (%d)', async (more) => {
    const data = randomBytes(3_000_000 + more);
    const base64 = data.toString('base64');
    for (const written of [new Base64Text(base64), new Base64Text(Buffer.from(base64))]) {
      expect(written.bytes).toBe(data.length);
      expect(await written.sha256()).toBe(createHash('sha256').update(data).digest('hex'));
      expect(Buffer.concat([...written.pieces()]).equals(data)).toBe(true);
      for (const at of [0, 1, 2, 3, 500, data.length - 2])
        expect(written.read(at, at + 9)).toEqual(data.subarray(at, at + 9));
    }
  });

  it.each([
    ['nothing', ''],
    ['a line break', 'AAEC\nAwQ='],
    ['a space at its end', `${text} `],
    ['missing padding', 'AAECAwQ'],
    ['too much padding', `${text}====`],
    ['only padding', '===='],
    ['a single character', 'A==='],
    ['padding in the middle', 'AA==AAEC'],
    ['padding between slices', `${'AAEC'.repeat(81_919)}AAE=AAEC`],
    ['the alphabet of URLs', 'AA-_'],
    ['stray bits', 'AAECAwR='],
    ['other characters', 'AAE\u00e9'],
    ['NUL', 'AAE\0'],
  ])('with %s is none', async (_name, wrong) => {
    expect(await new Base64Text(wrong).sha256()).toBeNull();
    expect(await new Base64Text(Buffer.from(wrong)).sha256()).toBeNull();
  });
});

describe('images of a request', () => {
  const fieldOf = (error: { details?: { field: string }[] }) => error.details?.[0]?.field;
  const refused = (value: unknown) => readImages(value).then(() => 'accepted', fieldOf);
  const png = freshPng();

  it('a JPEG is also called image/jpg, and the scheme of a URL has no case', async () => {
    const url = dataUrlOf('jpeg').replace('data:image/jpeg', 'DATA:image/jpg');
    const object = { data: PICTURES.jpeg, media_type: 'image/jpg' };
    for (const read of await readImages([url, object]))
      expect(read).toMatchObject({ mediaType: 'image/jpeg' });
  });

  it.each(NAMES)('a %s is taken as a data URL and as an object', async (name) => {
    const data = bytesOf(name);
    const mediaType = mediaTypeOf(name);
    const id = createHash('sha256').update(data).digest('hex');
    const object = { data: PICTURES[name], media_type: mediaType };
    for (const read of await readImages([dataUrlOf(name), object])) {
      expect(read).toMatchObject({ id, mediaType, bytes: data.length });
      expect(Buffer.concat([...read.pieces()])).toEqual(data);
    }
  });

  it('are taken as bytes of the body, slashes escaped or not', async () => {
    const url = dataUrl(png);
    const texts = [
      new LargeText(Buffer.from(url), false),
      new LargeText(Buffer.from(url.replaceAll('/', '\\/')), true),
    ];
    for (const read of await readImages(texts))
      expect(Buffer.concat([...read.pieces()])).toEqual(png);
  });

  it('none are none', async () => {
    expect(await readImages(undefined)).toEqual([]);
    expect(await readImages([])).toEqual([]);
  });

  it.each([
    ['no list', dataUrl(png), 'images'],
    ['an object', {}, 'images'],
    ['nine', Array.from({ length: 9 }, () => dataUrl(png)), 'images'],
    ['a URL', ['https://example.org/a.png'], 'images[0]'],
    ['a path', ['/etc/passwd'], 'images[0]'],
    ['a file URL', ['file:///etc/passwd'], 'images[0]'],
    ['a number', [dataUrl(png), 1], 'images[1]'],
    ['null', [null], 'images[0]'],
    ['a list', [[dataUrl(png)]], 'images[0]'],
    ['an object without data', [{ media_type: 'image/png' }], 'images[0]'],
    ['an object without a type', [{ data: png.toString('base64') }], 'images[0]'],
    ['an unknown field', [{ data: '', media_type: 'image/png', url: 'x' }], 'images[0]'],
    ['a data URL without base64', ['data:image/png,abc'], 'images[0]'],
    ['a data URL with parameters', ['data:image/png;charset=utf-8;base64,AAAA'], 'images[0]'],
    ['an empty one', ['data:image/png;base64,'], 'images[0]'],
    ['a GIF', [dataUrl(Buffer.from('GIF89a________________'), 'image/gif')], 'images[0]'],
    ['SVG', [dataUrl(Buffer.from('<svg/>'), 'image/svg+xml')], 'images[0]'],
    ['a GIF called PNG', [dataUrl(Buffer.from('GIF89a________________'))], 'images[0]'],
    ['a PNG called JPEG', [dataUrl(png, 'image/jpeg')], 'images[0]'],
    ['a PNG that is cut', [dataUrl(png.subarray(0, 20))], 'images[0]'],
    ['a PNG without pixels', [dataUrl(freshPng({ width: 0 }))], 'images[0]'],
    ['too many pixels', [dataUrl(freshPng({ width: 10_000, height: 5_001 }))], 'images[0]'],
    ['a bomb of pixels', [dataUrl(freshPng({ width: 2 ** 31, height: 2 ** 31 }))], 'images[0]'],
    ['too many bytes', [dataUrl(freshPng({ bytes: 10_000_001 }))], 'images[0]'],
    ['line breaks', [dataUrl(png).replace(/(.{76})/g, '$1\n')], 'images[0]'],
  ])('%s: refused', async (_name, value, field) => {
    expect(await refused(value)).toBe(field);
  });

  it('of the largest size are taken', async () => {
    const largest = freshPng({ bytes: 10_000_000, width: 10_000, height: 5_000 });
    expect(largest).toHaveLength(10_000_000);
    expect(await refused([dataUrl(largest)])).toBe('accepted');
  });
});
