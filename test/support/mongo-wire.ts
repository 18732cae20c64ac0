import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { BSON, type Document } from 'mongodb';

/** What the driver says by itself. */
const OF_THE_DRIVER = new Set(['hello', 'ismaster', 'isMaster', 'ping', 'endSessions']);

/** What becomes of the first command too many: lost on its way there or back, or late. */
export type Fault = 'command lost' | 'answer lost' | 'late';

/** A network between a client and MongoDB that can fail, also after a given number of commands. */
export class MongoWire {
  private server: Server | null = null;
  /** What went through, the driver's own aside. */
  readonly commands: Document[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly target: URL;
  private port = 0;
  private left = Infinity;
  private fault: Fault = 'command lost';
  /** Commands that are answered with an error in the server's place. */
  private refused: (command: Document) => boolean = () => false;
  private readonly waiting: (() => void)[] = [];
  private onFault: () => void = () => undefined;
  private onHeld: () => void = () => undefined;
  private isHeld: (command: Document) => boolean = () => false;

  constructor(target: string) {
    this.target = new URL(target);
  }

  /** The target's URL with this address; the same after every `up`. The driver repeats nothing. */
  get url(): string {
    const url = new URL(this.target);
    url.host = `127.0.0.1:${String(this.port)}`;
    url.searchParams.set('retryWrites', 'false');
    url.searchParams.set('retryReads', 'false');
    return url.href;
  }

  async up(): Promise<void> {
    const server = createServer((client) => this.join(client));
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  /** Refuses connections, and cuts those there are. */
  async down(): Promise<void> {
    const { server } = this;
    this.server = null;
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    this.cut();
    await closed;
  }

  /**
   * Lets so many commands through. With the next one the line is dead, as for a killed process, or
   * stands still until `goOn`. The promise resolves then.
   */
  failAfter(commands: number, fault: Fault): Promise<void> {
    this.left = commands;
    this.fault = fault;
    return new Promise((resolve) => (this.onFault = resolve));
  }

  /** Answers these commands in the server's place, as one that does not allow them. */
  refuse(which: (command: Document) => boolean): void {
    this.refused = which;
  }

  /**
   * Lets the commands that `held` chooses stand still until `goOn`, and all others through.
   *
   * @param onHeld called with each of them
   */
  hold(held: (command: Document) => boolean, onHeld: () => void = () => undefined): void {
    this.isHeld = held;
    this.onHeld = onHeld;
  }

  /** Lets everything through again, first what had to wait. */
  goOn(): void {
    this.left = Infinity;
    this.isHeld = () => false;
    for (const send of this.waiting.splice(0)) send();
  }

  /** Whether there was a command too many. */
  get hasFailed(): boolean {
    return this.left < 0;
  }

  private cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private join(client: Socket): void {
    const upstream = connect(Number(this.target.port || 27017), this.target.hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
    }
    upstream.pipe(client);
    let pending: Buffer = Buffer.alloc(0);
    client.on('data', (data: Buffer) => {
      pending = Buffer.concat([pending, data]);
      while (pending.length >= 4 && pending.length >= pending.readInt32LE(0)) {
        const length = pending.readInt32LE(0);
        this.pass(pending.subarray(0, length), upstream, client);
        pending = pending.subarray(length);
      }
    });
  }

  private pass(message: Buffer, upstream: Socket, client: Socket): void {
    const command = commandIn(message);
    if (command && this.refused(command)) {
      client.write(refusalOf(message));
      return;
    }
    if (command) {
      this.commands.push(command);
      if (this.isHeld(command)) {
        this.waiting.push(() => upstream.write(message));
        this.onHeld();
        return;
      }
      this.left -= 1;
    }
    if (this.left >= 0) {
      upstream.write(message);
      return;
    }
    this.onFault();
    if (this.fault === 'late') this.waiting.push(() => upstream.write(message));
    else if (this.fault === 'answer lost' && this.left === -1) {
      upstream.unpipe(client);
      // Once the server has done it.
      upstream.once('data', () => this.cut()).resume();
      upstream.write(message);
    } else this.cut();
  }
}

/** The answer to an OP_MSG that its sender may not do that. */
function refusalOf(message: Buffer): Buffer {
  const body = BSON.serialize({ ok: 0, errmsg: 'refused', code: 13, codeName: 'Unauthorized' });
  const head = Buffer.alloc(21);
  head.writeInt32LE(head.length + body.length, 0);
  head.writeInt32LE(message.readInt32LE(4), 8);
  head.writeInt32LE(OP_MSG, 12);
  return Buffer.concat([head, body]);
}

const OP_MSG = 2013;

/** The document of an OP_MSG, which follows 16 bytes of header and 5 of flags. */
function commandIn(message: Buffer): Document | null {
  if (message.readInt32LE(12) !== OP_MSG) return null;
  const start = 16 + 5;
  const length = message.readInt32LE(start);
  const command = BSON.deserialize(message.subarray(start, start + length));
  return OF_THE_DRIVER.has(Object.keys(command)[0] ?? '') ? null : command;
}
