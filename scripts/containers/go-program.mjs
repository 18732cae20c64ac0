import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from './run.mjs';

/**
 * A program that only Go's module proxy has, built as a dependency of an empty module: `go install`
 * refuses modules that exclude or replace versions.
 *
 * @param {{ module: string, version: string, main: string }} program `main`: its package in the module
 * @param {string} file where it is kept
 */
export async function buildGoProgram({ module, version, main }, file) {
  const folder = mkdtempSync(join(tmpdir(), 'chat-go-'));
  const go = (/** @type {string[]} */ ...parameters) => run('go', parameters, { cwd: folder });
  try {
    writeFileSync(join(folder, 'go.mod'), 'module tools\n\ngo 1.24\n');
    writeFileSync(
      join(folder, 'tools.go'),
      `//go:build tools\n\npackage tools\n\nimport _ "${module}/${main}"\n`,
    );
    await go('get', `${module}@${version}`);
    await go('mod', 'tidy');
    mkdirSync(dirname(file), { recursive: true });
    // At once: a run that is ended meanwhile leaves no half of it.
    await go('build', '-trimpath', '-ldflags=-s -w', '-o', `${file}.new`, `${module}/${main}`);
    renameSync(`${file}.new`, file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
