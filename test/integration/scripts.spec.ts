import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const SCRIPTS = resolve(import.meta.dirname, '../../scripts');

/** The check before `start:prod` in a clone that has these files. */
function built(...files: string[]): Promise<{ code: number; stderr: string }> {
  const clone = mkdtempSync(join(tmpdir(), 'clone-'));
  cpSync(SCRIPTS, join(clone, 'scripts'), { recursive: true });
  for (const file of files) {
    mkdirSync(join(clone, file, '..'), { recursive: true });
    writeFileSync(join(clone, file), '');
  }
  return new Promise((settle) => {
    execFile(process.execPath, [join(clone, 'scripts/built.mjs')], (error, _, stderr) => {
      rmSync(clone, { recursive: true });
      settle({ code: Number(error?.code ?? 0), stderr });
    });
  });
}

const INSTALLED = 'node_modules/@nestjs/core/package.json';

describe('npm run start:prod', () => {
  it('says in a sentence that the service is not built, or not even installed', async () => {
    expect(await built(INSTALLED)).toEqual({
      code: 1,
      stderr: 'The service is not built yet: run `npm run build` first.\n',
    });
    const { stderr } = await built();
    expect(stderr).toContain('`npm ci && npm run build`');
  });

  it('says nothing where all is there', async () => {
    expect(await built(INSTALLED, 'dist/src/main.js')).toEqual({ code: 0, stderr: '' });
  });
});
