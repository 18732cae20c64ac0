import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

const PAGE_HEADER_BYTES = 24;
const WAL_HEADER_BYTES = 32;

/**
 * A SQLite file and what is written to its `-wal` file.
 *
 * @param {string} folder
 */
export function sqliteFile(folder) {
  const home = mkdtempSync(join(folder, 'turn-'));
  const file = join(home, 'chat.sqlite');
  return {
    file,
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** Opens it beside the store. @param {string} file */
export function walPages(file) {
  const database = new Database(file);
  /** Empties the `-wal` file. */
  const empty = () => {
    const [row] = /** @type {{ busy: number }[]} */ (database.pragma('wal_checkpoint(TRUNCATE)'));
    if (row?.busy !== 0) throw new Error('The -wal file could not be emptied');
  };
  const owners = () => {
    const rows = /** @type {{ name: string, pageno: number }[]} */ (
      database.prepare('SELECT name, pageno FROM dbstat').all()
    );
    return new Map(rows.map(({ name, pageno }) => [pageno, name]));
  };
  return {
    empty,
    /** Pages that were written since it was emptied, by table or index. @returns {Map<string, number>} */
    written: () => {
      const pageSize = Number(database.pragma('page_size', { simple: true }));
      const named = owners();
      const bytes = readFileSync(`${file}-wal`);
      /** @type {Map<string, number>} */
      const counts = new Map();
      const step = pageSize + PAGE_HEADER_BYTES;
      for (let at = WAL_HEADER_BYTES; at + step <= bytes.length; at += step) {
        const name = named.get(bytes.readUInt32BE(at)) ?? 'header and free list';
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      return counts;
    },
    close: () => database.close(),
  };
}
