// npm run licenses:check [-- --sbom FILE]
//
// Every package that production installs has a licence of the list below, by package-lock.json or its
// own LICENSE file; npm's list of parts (SBOM, CycloneDX) names them all, and is written to FILE.
// `npm audit` runs where its registry answers it; else a line says that it did not.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { isAllowed } from './allowed.mjs';

const ROOT = resolve(import.meta.dirname, '../..');
const { values } = parseArgs({ options: { sbom: { type: 'string' } } });

const read = (file) => JSON.parse(readFileSync(join(ROOT, file), 'utf8'));

const lock = read('package-lock.json');

/** Folder → what the lock says, for all that `npm ci --omit=dev` may install. */
const packages = Object.entries(lock.packages).filter(([folder, { dev }]) => folder !== '' && !dev);

/** The lock's word, or the licence that a file begins with: some old packages name none. */
function licenceOf(folder, { license }) {
  if (license) return license;
  if (!existsSync(join(ROOT, folder))) return 'none';
  const file = readdirSync(join(ROOT, folder)).find((name) => /^licen[cs]e/i.test(name));
  const text = file ? readFileSync(join(ROOT, folder, file), 'utf8') : '';
  const isMit = text.includes('Permission is hereby granted, free of charge, to any person');
  return isMit && text.includes('shall be included in') ? 'MIT' : 'none';
}

const refused = packages
  .map(([folder, entry]) => [folder, licenceOf(folder, entry)])
  .filter(([, licence]) => !isAllowed(licence));
for (const [folder, licence] of refused) console.error(`${folder}: ${licence}`);
if (refused.length > 0) process.exitCode = 1;
console.log(`${packages.length} packages, ${refused.length} with a licence that is not allowed`);

const npm = (parameters, cwd = ROOT) =>
  spawnSync('npm', parameters, { cwd, encoding: 'utf8', timeout: 120_000 });

checkSbom();
audit();

/** An SBOM that lacks a package would be believed. */
function checkSbom() {
  const text = productionSbom();
  const { components } = JSON.parse(text);
  const named = new Set(components.map(({ name, group }) => (group ? `${group}/${name}` : name)));
  const missing = packages
    .map(([folder, { name }]) => name ?? folder.split('node_modules/').at(-1))
    .filter((name) => !named.has(name));
  if (missing.length > 0) {
    console.error(`The SBOM lacks ${missing.join(', ')}`);
    process.exitCode = 1;
  }
  console.log(`SBOM: ${components.length} parts`);
  if (values.sbom) writeFileSync(values.sbom, text);
}

/**
 * `npm sbom --omit dev` leaves out what development needs too, half of production. So npm is given a
 * project whose files know of production only.
 */
function productionSbom() {
  const folder = mkdtempSync(join(tmpdir(), 'chat-sbom-'));
  try {
    const manifest = { ...read('package.json'), devDependencies: undefined };
    const root = { ...lock.packages[''], devDependencies: undefined };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    writeFileSync(
      join(folder, 'package-lock.json'),
      JSON.stringify({ ...lock, packages: { '': root, ...Object.fromEntries(packages) } }),
    );
    const { status, stdout, stderr } = npm(
      ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx'],
      folder,
    );
    if (status !== 0) throw new Error(stderr);
    return stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function audit() {
  const command = ['audit', '--omit', 'dev', '--audit-level', 'high', '--json'];
  const { status, stdout, stderr } = npm(command);
  const report = parsed(stdout);
  if (!report?.metadata) {
    const reason = report?.error?.summary ?? stderr.trim().split('\n').at(-1) ?? 'no answer';
    console.log(`SKIPPED: npm audit: ${report?.message ?? reason}`);
    return;
  }
  console.log('npm audit:', JSON.stringify(report.metadata.vulnerabilities));
  if (status !== 0) process.exitCode = 1;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
