import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StorageTarget } from '../../../src/config/settings.js';
import { openSqlite } from '../../support/sqlite.js';
import type { Findings } from './story.js';

/** I13: the data themselves are sound, past the service. */
export async function dataIsSound(target: StorageTarget): Promise<Findings> {
  switch (target.kind) {
    case 'file':
      return folderIsSound(target.folder);
    case 'sqlite':
      return sqliteIsSound(target.file);
    // Nothing to read: memory is gone, and a server has its files to itself.
    case 'memory':
    case 'postgres':
    case 'mongodb':
      return [];
  }
}

async function folderIsSound(folder: string): Promise<Findings> {
  const findings: Findings = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) {
      if (entry.name === 'quarantine') findings.push('I13 Files were set aside as damaged');
    } else if (entry.name.endsWith('.tmp')) findings.push(`I13 ${entry.name} was left behind`);
    else if (!(await parses(path))) findings.push(`I13 ${entry.name} does not parse`);
  }
  return findings;
}

/** A file that is just being replaced or removed may be gone when it is read. */
async function parses(path: string): Promise<boolean> {
  if (!/\.(json|ndjson)$/.test(path)) return true;
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return true;
  // A log that was made and not yet written to has no line.
  if (text === '') return path.endsWith('.ndjson');
  try {
    for (const part of path.endsWith('.ndjson') ? text.trimEnd().split('\n') : [text]) {
      JSON.parse(part);
    }
    return text.endsWith('\n');
  } catch {
    return false;
  }
}

function sqliteIsSound(file: string): Findings {
  const database = openSqlite(file, { readonly: true });
  try {
    const rows = database.pragma('integrity_check') as { integrity_check: string }[];
    const told = rows.map((row) => row.integrity_check).filter((row) => row !== 'ok');
    const strays = database
      .prepare(
        'SELECT COUNT(*) AS n FROM messages WHERE conversation_id NOT IN (SELECT id FROM conversations)',
      )
      .get() as { n: number };
    if (strays.n > 0) told.push(`${strays.n} messages without a conversation`);
    return told.map((row) => `I13 ${row}`);
  } finally {
    database.close();
  }
}
