import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort } from '../quickstart/ports.mjs';

/** Prometheus 3.16. Its module of this version is one that Go can install. */
export const VERSION = 'v0.316.0';
const FOLDER = join(homedir(), '.cache/ollama-chat-service', `prometheus-${VERSION}`);
const EXE = process.platform === 'win32' ? '.exe' : '';
const TEN_MINUTES_MS = 600_000;

/**
 * Where the program is: installed, or built before; null where it is not.
 *
 * @param {'prometheus' | 'promtool'} name
 * @returns {string | null}
 */
export function programOf(name) {
  const folders = [FOLDER, ...(process.env.PATH ?? '').split(delimiter)];
  return folders.map((folder) => join(folder, name + EXE)).find(existsSync) ?? null;
}

/**
 * Builds both programs, once for all clones of this machine. Takes minutes.
 *
 * @returns {string | null} why there are none
 */
export function build() {
  if (programOf('promtool') && programOf('prometheus')) return null;
  mkdirSync(FOLDER, { recursive: true });
  const programs = ['promtool', 'prometheus'].map(
    (name) => `github.com/prometheus/prometheus/cmd/${name}@${VERSION}`,
  );
  const { status, error, stderr } = spawnSync('go', ['install', ...programs], {
    env: { ...process.env, GOBIN: FOLDER },
    encoding: 'utf8',
    timeout: 2 * TEN_MINUTES_MS,
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  if (error) return `Go could not be run: ${error.message}`;
  return status === 0 ? null : `Go could not build them: ${stderr.trim().split('\n').at(-1)}`;
}

/**
 * A Prometheus on a free port of the loopback that reads the metrics of one service each second.
 *
 * @typedef {object} StartedPrometheus
 * @property {string} url
 * @property {() => Promise<void>} stop
 *
 * @param {string} folder for its configuration and its data
 * @param {string} config
 * @param {string} [cwd] a folder `prometheus` whose `web/ui/static` has its pages
 * @returns {Promise<StartedPrometheus>}
 */
export async function startPrometheus(folder, config, cwd) {
  const program = programOf('prometheus');
  if (!program) throw new Error('There is no Prometheus: npm run prometheus:build');
  const url = `http://127.0.0.1:${await freePort('127.0.0.1', 0)}`;
  writeFileSync(join(folder, 'prometheus.yml'), config);
  const child = spawn(
    program,
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${new URL(url).host}`,
    ],
    { stdio: 'ignore', cwd },
  );
  const exited = once(child, 'exit');
  while (!(await isReady(url))) {
    if (child.exitCode !== null) throw new Error('Prometheus ended at its start');
  }
  return {
    url,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** @param {string} url */
async function isReady(url) {
  const answer = await fetch(`${url}/-/ready`).catch(() => null);
  if (answer?.ok) return true;
  await new Promise((resolve) => setTimeout(resolve, 50));
  return false;
}
