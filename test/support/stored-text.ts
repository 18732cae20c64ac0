import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MongoClient } from 'mongodb';
import { DataSource } from 'typeorm';
import type { StorageTarget } from '../../src/config/settings.js';
import type { TestStorage } from './storages.js';

/** Where a text stands in what a store has stored: in its bytes, or in its rows. */
export async function storedPlacesOf({ target }: TestStorage, text: string): Promise<string[]> {
  switch (target.kind) {
    case 'memory':
      return [];
    case 'file':
      return inBytes(target.folder, text);
    case 'sqlite':
      return inBytes(dirname(target.file), text);
    case 'postgres':
      return inTables(target, text);
    case 'mongodb':
      return inCollections(target, text);
  }
}

async function inBytes(folder: string, text: string): Promise<string[]> {
  const wanted = text.toLowerCase();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const places: string[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (path.toLowerCase().includes(wanted)) places.push(`${path} (name)`);
    if (!entry.isFile()) continue;
    const bytes = (await readFile(path)).toString('latin1');
    if (bytes.toLowerCase().includes(wanted)) places.push(path);
  }
  return places;
}

async function inTables({ url }: Extract<StorageTarget, { kind: 'postgres' }>, text: string) {
  const source = await new DataSource({ type: 'postgres', url }).initialize();
  try {
    const tables: { name: string }[] = await source.query(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
    );
    const places: string[] = [];
    for (const { name } of tables) {
      const rows: unknown[] = await source.query(
        `SELECT 1 FROM "${name}" t WHERE CAST(row_to_json(t) AS text) LIKE $1 LIMIT 1`,
        [`%${text}%`],
      );
      if (rows.length > 0) places.push(name);
    }
    return places;
  } finally {
    await source.destroy();
  }
}

async function inCollections({ url }: Extract<StorageTarget, { kind: 'mongodb' }>, text: string) {
  const client = await new MongoClient(url).connect();
  try {
    const db = client.db();
    const places: string[] = [];
    for (const { name } of await db.listCollections().toArray())
      for await (const document of db.collection(name).find())
        if (JSON.stringify(document).includes(text)) places.push(name);
    return [...new Set(places)];
  } finally {
    await client.close();
  }
}
