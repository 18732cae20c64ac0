import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A connection of an attacker, and what it was sent. */
export class Attacker {
  received = '';
  readonly closed: Promise<unknown>;

  private constructor(readonly socket: Socket) {
    socket.setEncoding('latin1');
    // Being cut is what attackers are for.
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.once('close', resolve));
  }

  /** Connects and reads what comes, of which the beginning is kept. */
  static async reading(port: number): Promise<Attacker> {
    const attacker = await Attacker.mute(port);
    attacker.socket.on('data', (text: string) => {
      if (attacker.received.length < 100_000) attacker.received += text;
    });
    attacker.socket.resume();
    return attacker;
  }

  /** Connects and takes nothing. */
  static async mute(port: number): Promise<Attacker> {
    const attacker = new Attacker(connect(port, '127.0.0.1').pause());
    await once(attacker.socket, 'connect');
    return attacker;
  }

  static many(kind: 'reading' | 'mute', port: number, connections: number): Promise<Attacker[]> {
    return Promise.all(Array.from({ length: connections }, () => Attacker[kind](port)));
  }

  /** Writes, and waits until the system has taken it or the connection is gone. */
  async write(text: string | Buffer): Promise<boolean> {
    if (this.socket.destroyed) return false;
    if (!this.socket.write(text)) await Promise.race([once(this.socket, 'drain'), this.closed]);
    return !this.socket.destroyed;
  }

  leave(): void {
    this.socket.destroy();
  }
}

/** Every connection was closed by the service within `seconds`; how many were not. */
export async function stillOpen(attackers: readonly Attacker[], seconds: number): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, seconds * 1_000)));
  await Promise.race([late, Promise.all(attackers.map(({ closed }) => closed))]);
  clearTimeout(timer);
  return attackers.filter(({ socket }) => !socket.destroyed).length;
}

export const get = (path: string, headers = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;

/** The head of a POST of JSON. */
export const postHead = (path: string, headers: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${headers}\r\n`;

export const post = (path: string, body: string | Buffer, headers = ''): Buffer =>
  Buffer.concat([
    Buffer.from(postHead(path, `Content-Length: ${Buffer.byteLength(body)}\r\n${headers}`)),
    Buffer.from(body),
  ]);

export const statusesIn = (text: string): string[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status = '']) => status);
