import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from './free-port.js';
import { missing } from './kept-server.js';
import { postgresUrl } from './postgres.js';
import { serverUser } from './postgres/binaries.js';
import { stop } from './postgres/processes.js';

const program = findProgram();

/** `describe` for what needs PgBouncer; reported as skipped where it is not installed. */
export const describePgBouncer =
  program === null || postgresUrl === null ? describe.skip : describe;

/** A real PgBouncer before a database, with the defaults of its distribution but for what is named. */
export class PgBouncer {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    /** The database's URL through it. */
    readonly url: string,
  ) {}

  static async before(databaseUrl: string, settings: Record<string, string>): Promise<PgBouncer> {
    const database = new URL(databaseUrl);
    const folder = mkdtempSync(join(tmpdir(), 'chat-pgbouncer-'));
    const user = serverUser();
    const port = await freePort();
    const file = join(folder, 'pgbouncer.ini');
    writeFileSync(file, configuration(database, { listen_port: String(port), ...settings }));
    chmodSync(folder, 0o711);
    if (user.uid !== undefined && user.gid !== undefined) chownSync(file, user.uid, user.gid);
    const child = spawn(program ?? '', [file], { ...user, cwd: '/', stdio: 'ignore' });
    const url = new URL(database);
    url.host = `127.0.0.1:${port}`;
    const pooler = new PgBouncer(child, folder, url.href);
    await pooler.answers();
    return pooler;
  }

  async close(): Promise<void> {
    await stop(this.child, 'SIGTERM', 'SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async answers(): Promise<void> {
    for (let tries = 0; tries < 100; tries += 1) {
      if (this.child.exitCode !== null) throw new Error('PgBouncer ended while it started');
      const client = new pg.Client({ connectionString: this.url });
      client.on('error', () => undefined);
      try {
        await client.connect();
        await client.end();
        return;
      } catch {
        await delay(50);
      }
    }
    throw new Error('PgBouncer did not answer within 5 s');
  }
}

function configuration(database: URL, settings: Record<string, string>): string {
  const login = `user=${database.username} password=${database.password}`;
  const lines = Object.entries({ listen_addr: '127.0.0.1', auth_type: 'any', ...settings });
  return [
    '[databases]',
    `* = host=${database.hostname} port=${database.port} ${login}`,
    '[pgbouncer]',
    'unix_socket_dir =',
    ...lines.map(([name, value]) => `${name} = ${value}`),
  ].join('\n');
}

function findProgram(): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'];
  const found = folders.map((folder) => join(folder, 'pgbouncer')).find((path) => existsSync(path));
  if (found !== undefined && spawnSync(found, ['--version']).status === 0) return found;
  return missing('PgBouncer', { error: 'it is not installed' });
}
