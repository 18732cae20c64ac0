import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../support/free-port.js';

const EXAMPLE = resolve(import.meta.dirname, '../../docker/nginx.conf.example');
/** Answers of the new settings on new connections, one after the other: none of the old ones listens. */
const SAME_ANSWERS = 20;

/** What nginx could not do for a request: its own words, and the port of the node that it was about. */
export interface FrontError {
  /** Within a second, on the clock of `Date.now()`. */
  at: number;
  text: string;
  /** Null where no node could be tried. */
  port: number | null;
}

/**
 * A real nginx with the example of docker/ in front of several nodes, without its certificate and its
 * limits. A request without a key gets that of `key`. What nginx itself would answer with a page of its
 * own (a node died) is a closed connection: so clients see it without a proxy, too.
 */
export class Front {
  private child: ChildProcess | null = null;
  private generation = 0;
  key = '';

  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly nodes: readonly number[],
  ) {}

  static async start(nodes: readonly number[]): Promise<Front> {
    const folder = mkdtempSync(join(tmpdir(), 'soak-nginx-'));
    // nginx's workers are another user's, and keep large bodies in it.
    chmodSync(folder, 0o711);
    const front = new Front(folder, await freePort(), nodes);
    front.write(nodes);
    const options = ['-e', front.errors, '-p', folder, '-c', join(folder, 'nginx.conf')];
    front.child = spawn('nginx', options, {
      env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    front.child.on('error', (error) => console.error(`No nginx: ${error.message}`));
    await front.settled();
    return front;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  /** Sends new requests to these nodes only, once that is so; requests that run go on. */
  async sendTo(nodes: readonly number[]): Promise<void> {
    this.write(nodes);
    this.child?.kill('SIGHUP');
    await this.settled();
  }

  allNodes(): Promise<void> {
    return this.sendTo(this.nodes);
  }

  /** What was logged as an error, in order. */
  failures(): FrontError[] {
    const line =
      /^(\S+ \S+) \[(?:error|crit|alert|emerg)\] \d+#\d+: (?:\*\d+ )?(.*?)(?:, client:.*upstream: "http:\/\/([^/"]+).*)?$/gm;
    return [...readFileSync(this.errors, 'utf8').matchAll(line)].map(
      ([, time, text, upstream]) => ({
        at: new Date(String(time).replaceAll('/', '-').replace(' ', 'T')).getTime(),
        text: String(text),
        port: Number(upstream?.split(':')[1] ?? NaN) || null,
      }),
    );
  }

  async stop(): Promise<void> {
    if (this.child?.exitCode === null) {
      this.child.kill('SIGTERM');
      await once(this.child, 'exit');
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get errors(): string {
    return join(this.folder, 'error.log');
  }

  private write(nodes: readonly number[]): void {
    this.generation += 1;
    const servers = this.nodes.map(
      (port) => `server 127.0.0.1:${port}${nodes.includes(port) ? '' : ' down'};`,
    );
    const example = readFileSync(EXAMPLE, 'utf8')
      .replaceAll(/^\s*(ssl_|limit_).*$/gm, '')
      .replace('server 127.0.0.1:8000;', servers.join('\n    '))
      .replace('listen 443 ssl http2', `listen 127.0.0.1:${this.port}`)
      .replace('proxy_pass ', 'proxy_set_header X-Api-Key $chat_key;\n        proxy_pass ')
      .replace(/\}\s*$/, `${this.besides()}\n}`);
    const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${this.folder}/${name};`,
    );
    const text = `daemon off; pid ${this.folder}/pid; error_log ${this.errors} error;
worker_processes 1; events { worker_connections 4096; }
http { access_log off; ${places.join(' ')}
map $http_x_api_key $chat_key { "" "${this.key}"; default $http_x_api_key; }
${example}}`;
    writeFileSync(join(this.folder, 'nginx.conf'), text);
  }

  private besides(): string {
    return `error_page 502 503 504 @none;
    location @none { return 444; }
    location = /generation { return 200 "${this.generation}"; }`;
  }

  private async settled(): Promise<void> {
    for (let same = 0; same < SAME_ANSWERS;) {
      if (this.child?.exitCode !== null) throw new Error('nginx ended');
      const headers = { Connection: 'close' };
      const answer = await fetch(`${this.url}/generation`, { headers }).catch(() => null);
      same = (await answer?.text()) === String(this.generation) ? same + 1 : 0;
      if (same === 0) await delay(20);
    }
  }
}
