import type { Socket } from 'node:net';
import type { Server } from 'node:http';

/**
 * The connections on which nothing has come yet. Browsers open some in advance (preconnect), and Node
 * does not close them as idle: they would delay the end of the service until it cuts everything.
 */
export class UnusedConnections {
  private readonly sockets = new Set<Socket>();

  /** To be made before the server listens. */
  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
  }

  close(): void {
    for (const socket of this.sockets) if (socket.bytesRead === 0) socket.destroy();
  }
}
