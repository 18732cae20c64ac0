import { assembleSettings } from './assemble.js';
import { crossProblems, crossWarnings } from './cross-checks.js';
import { misspellingWarnings } from './misspellings.js';
import { Reader } from './reader.js';
import { deepFreeze, type Settings } from './settings.js';
import { readSources } from './sources.js';

/** The configuration is wrong: all problems, one line each, without values. */
export class SettingsError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The configuration is wrong:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'SettingsError';
  }
}

export interface LoadOptions {
  /** The environment; `process.env` by default. */
  readonly env?: NodeJS.ProcessEnv;
  /** Folder of `.env` and `config.yaml`, and of relative paths; the current one by default. */
  readonly cwd?: string;
}

export interface LoadedSettings {
  readonly settings: Settings;
  /** Sentences for the log about ignored or probably unintended settings; without values. */
  readonly warnings: readonly string[];
}

/**
 * Reads the environment, `.env`, the configuration file and the defaults; the first that has a
 * value is used.
 *
 * @throws {@link SettingsError} with all problems
 */
export function loadSettings(options: LoadOptions = {}): LoadedSettings {
  const { env = process.env, cwd = process.cwd() } = options;
  const { sources, problems, warnings } = readSources(env, cwd);
  const reader = new Reader(sources, cwd);
  const settings = assembleSettings(reader);
  const isProduction = env.NODE_ENV?.trim() === 'production';
  const together = crossProblems(settings, reader, { isProduction });
  const wrong = [...problems, ...reader.problems, ...together];
  if (wrong.length > 0) throw new SettingsError(wrong);
  const names = sources.flatMap(({ values }) => [...values.keys()]);
  return {
    settings: deepFreeze(settings),
    warnings: [...warnings, ...misspellingWarnings(names), ...crossWarnings(settings)],
  };
}
