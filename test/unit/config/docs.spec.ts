import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { renderConfigPage, renderEnvExample } from '../../../src/config/render.js';
import { VARIABLES } from '../../../src/config/schema/index.js';
import { load, problemsOf, settingsOf } from './load.js';

const fromRoot = (path: string): string =>
  readFileSync(join(import.meta.dirname, '../../..', path), 'utf8');

/** What a variable is of no use without. */
const TOGETHER: Record<string, Record<string, string>> = {
  OIDC_ISSUER: { OIDC_AUDIENCE: 'chat' },
  OIDC_AUDIENCE: { OIDC_ISSUER: 'https://id.example.com' },
};

describe('.env.example', () => {
  it('is what the schema says (npm run config:sync)', () => {
    expect(fromRoot('.env.example')).toBe(renderEnvExample());
  });

  it('boots when it is copied to .env, and changes nothing', () => {
    const copied = load({}, { '.env': fromRoot('.env.example') });
    expect(copied).toEqual(load({}));
  });

  it('shows defaults that can be uncommented without a change', () => {
    const names = VARIABLES.filter(({ optional }) => !optional).map(({ name }) => name);
    const lines = names.map((name) => {
      const line = fromRoot('.env.example').match(new RegExp(`^#(${name}=.+)$`, 'm'))?.[1];
      expect(line).toBeDefined();
      return line;
    });
    const copied = load({}, { '.env': lines.join('\n') });
    // A port that was set must be had, even if it is the default one.
    const { settings, ...rest } = load({});
    const metrics = { ...settings.metrics, isPortSet: true };
    expect(copied).toEqual({ settings: { ...settings, metrics }, ...rest });
  });

  it('shows examples that are right, and none of a secret', () => {
    const examples = VARIABLES.filter(({ example, readsFileFor }) => example && !readsFileFor);
    for (const { name, example = '' } of examples) {
      expect(fromRoot('.env.example')).toContain(`#${name}=${example}\n`);
      const env = { ...TOGETHER[name], [name]: example };
      // Their files are not there.
      if (!/^(CONFIG|SCENARIO)_FILE$/.test(name)) expect(() => settingsOf(env)).not.toThrow();
    }
    expect(VARIABLES.filter(({ secret, example }) => secret && example)).toEqual([]);
  });
});

describe('docs/configuration.md', () => {
  it('is what the schema says (npm run config:sync)', () => {
    expect(fromRoot('docs/configuration.md')).toBe(renderConfigPage());
  });

  it('has one row for every variable', () => {
    const page = fromRoot('docs/configuration.md');
    for (const { name } of VARIABLES) expect(page.split(`\n| \`${name}\` |`)).toHaveLength(2);
  });

  it('is where the README sends its readers', () => {
    expect(fromRoot('README.md')).toContain('(docs/configuration.md)');
  });
});

describe('the schema', () => {
  it('names each variable once and describes it', () => {
    const names = VARIABLES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { description } of VARIABLES) expect(description).toMatch(/^\S.{10,}\.$/);
  });

  it.each(VARIABLES.filter(({ readsFileFor }) => !readsFileFor).map(({ name }) => name))(
    '%s is really read: a NUL in it stops the start',
    (name) => {
      expect(problemsOf({ [name]: 'x\0,' })).not.toEqual([]);
    },
  );
});
