import { createRequire } from 'node:module';
import { sqliteDriver } from '../../src/store/typeorm/sqlite/sqlite-driver.js';
import { describeSqlite } from '../support/sqlite.js';

const require = createRequire(import.meta.url);
const major = Number(process.versions.node.split('.', 1)[0]);

describeSqlite('the driver of SQLite', () => {
  it('is the one for this Node: the older ends the process on some, the newer on Node 20', () => {
    const name = major >= 22 ? 'better-sqlite3-13' : 'better-sqlite3';
    expect(sqliteDriver()).toBe(require(name));
  });
});
