import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startService } from '../../service/start.mjs';
import { run, runAll } from '../run.mjs';
import { GENERATORS } from './generators.mjs';

const PROGRAMS = resolve(import.meta.dirname, 'programs');

/** @typedef {import('./generators.mjs').Generator} Generator */

/**
 * Generates a client with each generator, compiles it, and runs a program that uses it against the
 * built service. `only`: part of a generator's name. `keep`: where the work is left to be looked at.
 *
 * @param {{ document: string, only?: string | undefined, keep?: string | undefined }} options
 */
export async function clients({ document, only = '', keep }) {
  const folder = keep ?? mkdtempSync(join(tmpdir(), 'chat-matrix-'));
  const service = await startService();
  /** @type {string[][]} */
  const rows = [];
  let failed = 0;
  try {
    for (const generator of GENERATORS.filter(({ name }) => name.includes(only))) {
      const row = await tryGenerator(generator, { folder, document, url: service.url });
      console.log([generator.name, ...row.cells].join(' · '));
      for (const line of row.failures) console.log(`  ${line}`);
      failed += row.failures.length;
      rows.push([generator.name, generator.version, generator.language, ...row.cells]);
    }
  } finally {
    await service.stop();
    if (!keep) rmSync(folder, { recursive: true, force: true });
  }
  return {
    name: 'clients',
    title: 'Generated clients',
    note: 'A client is generated from `openapi.json`, compiled (Python: type-checked by mypy), and a [program](../scripts/matrix/clients/programs) uses it to call the built service: health, models, a whole answer, a stream, `respond-async`, cancel, history, settings, branches, an error.',
    head: ['generator', 'version', 'language', 'generates', 'compiles', 'checks that hold'],
    rows,
    failed,
  };
}

/**
 * @param {Generator} generator
 * @param {{ folder: string, document: string, url: string }} place
 */
async function tryGenerator(generator, { folder, document, url }) {
  const own = join(folder, generator.name.replace(/\W+/g, '-'));
  const tools = join(folder, 'tools');
  for (const made of [own, tools]) mkdirSync(made, { recursive: true });
  for (const file of generator.files) copyFileSync(join(PROGRAMS, file), join(own, file));
  const log = join(own, 'log.txt');
  /** @type {Record<string, string>} */
  const names = {
    $DOCUMENT: document,
    $TOOLS: tools,
    $URL: url,
    $PATH: process.env.PATH ?? '',
    $HERE: own,
  };
  /** @param {string[][]} commands */
  const filled = (commands) =>
    commands.map((command) =>
      command.map((part) =>
        part.replace(/\$(DOCUMENT|TOOLS|URL|PATH|HERE)/g, (name) => names[name] ?? ''),
      ),
    );
  const installed = await runAll(filled(generator.install), { cwd: own, log });
  if (!installed.ok) return broken('install', installed.output, ['not tried', '', '']);
  const generated = await runAll(filled(generator.generate), { cwd: own, log });
  if (!generated.ok) return broken('generate', generated.output, ['no', '', '']);
  const compiled = await runAll(filled(generator.compile), { cwd: own, log });
  if (!compiled.ok) return broken('compile', compiled.output, ['yes', 'no', '']);
  const [program = []] = filled([generator.program]);
  const { output } = await run(program, { cwd: own, log, timeoutMs: 120_000 });
  const held = output.match(/^ok .*/gm) ?? [];
  const failures = output.match(/^fail .*/gm) ?? (held.length === 0 ? [lastLines(output)] : []);
  const checks = `${held.length} of ${held.length + failures.length}`;
  return { cells: ['yes', 'yes', checks], failures };
}

/** @param {string} step @param {string} output @param {string[]} cells */
function broken(step, output, cells) {
  return { cells, failures: [`${step}: ${lastLines(output)}`] };
}

/** @param {string} output */
function lastLines(output) {
  return output.trim().split('\n').slice(-15).join('\n  ');
}
