import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from './free-port.js';
import { findBinaries, serverUser } from './postgres/binaries.js';
import { stop } from './postgres/processes.js';

const SETTINGS = { fsync: 'off', listen_addresses: '127.0.0.1', shared_buffers: '16MB' };

/** A separate PostgreSQL server for a test that would disturb others. It needs no password. */
export class OwnPostgres {
  private child: ChildProcess | null = null;

  private constructor(
    private readonly home: string,
    private readonly bin: string,
    readonly port: number,
  ) {}

  /** A new one, stopped. */
  static async make(): Promise<OwnPostgres> {
    const server = await OwnPostgres.at(mkdtempSync(join(tmpdir(), 'chat-postgres-')));
    const flags = ['-D', server.data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale'];
    const made = spawnSync(join(server.bin, 'initdb'), [...flags, '--no-sync'], {
      ...serverUser(),
      cwd: server.home,
      encoding: 'utf8',
    });
    if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
    return server;
  }

  private static async at(home: string): Promise<OwnPostgres> {
    chmodSync(home, 0o711);
    own(home);
    return new OwnPostgres(home, findBinaries(serverUser(), home), await freePort());
  }

  /** A standby of this one as it is now, stopped; it goes on reading the same until it is promoted. */
  async standby(): Promise<OwnPostgres> {
    const other = await OwnPostgres.at(mkdtempSync(join(tmpdir(), 'chat-standby-')));
    cpSync(this.data, other.data, { recursive: true, preserveTimestamps: true });
    writeFileSync(join(other.data, 'standby.signal'), '');
    const { uid, gid } = serverUser();
    if (uid !== undefined && gid !== undefined)
      spawnSync('chown', ['-R', `${uid}:${gid}`, other.data]);
    chmodSync(other.data, 0o700);
    return other;
  }

  get url(): string {
    return `postgresql://postgres@127.0.0.1:${this.port}/postgres`;
  }

  /** Folder of its socket. */
  get socketFolder(): string {
    return this.home;
  }

  async start(): Promise<void> {
    const settings = { ...SETTINGS, unix_socket_directories: this.home };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.child = spawn(
      join(this.bin, 'postgres'),
      ['-D', this.data, '-p', String(this.port), ...flags],
      { ...serverUser(), cwd: this.home, stdio: 'ignore' },
    );
    for (let tries = 0; tries < 300; tries += 1) {
      if (this.child.exitCode !== null) throw new Error('The server ended while it started');
      const there = await this.query('SELECT 1').then(
        () => true,
        () => false,
      );
      if (there) return;
      await delay(50);
    }
    throw new Error('The server did not answer within 15 s');
  }

  async query<Row extends object>(sql: string): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    if (this.child) await stop(this.child, 'SIGINT', 'SIGQUIT');
    this.child = null;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.home, { recursive: true, force: true });
  }

  private get data(): string {
    return join(this.home, 'data');
  }
}

function own(path: string): void {
  const { uid, gid } = serverUser();
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}
