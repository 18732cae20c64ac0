import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const [, model = ''] = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8').split('## Threat model');

/** Rows of the tables: a threat, and what holds it. */
const rows = [...model.matchAll(/^\| (?!threat|-)(.+?) +\| (.+?) +\|$/gm)].map(
  ([, threat = '', heldBy = '']) => ({ threat, heldBy }),
);
const filesOf = (text: string): string[] =>
  [...text.matchAll(/`([\w./-]+\/[\w./-]+)`/g)].map(([, file = '']) => file);

describe('the threat model', () => {
  it('has threats of clients, of exhaustion, of what the service uses, and of its deployment', () => {
    expect(rows.length).toBeGreaterThan(30);
  });

  it.each(rows)('$threat: is held by what is there', ({ heldBy }) => {
    expect(filesOf(heldBy)).not.toEqual([]);
    expect(filesOf(heldBy).filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });
});
