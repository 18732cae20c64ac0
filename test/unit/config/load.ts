import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  loadSettings,
  SettingsError,
  type LoadedSettings,
} from '../../../src/config/load-settings.js';
import type { Settings } from '../../../src/config/settings.js';

type Env = Record<string, string>;
type Files = Record<string, string | Buffer>;

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** An empty folder with these files, removed after the tests of the file. */
export function folderWith(files: Files = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'config-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

export function load(env: Env, files: Files = {}): LoadedSettings {
  return loadSettings({ env, cwd: folderWith(files) });
}

export function settingsOf(env: Env, files: Files = {}): Settings {
  return load(env, files).settings;
}

/** The problems that stop the start; fails if it is not stopped. */
export function problemsOf(env: Env, files: Files = {}): readonly string[] {
  try {
    load(env, files);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  throw new Error('The settings were accepted');
}
