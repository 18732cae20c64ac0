import type { Socket } from 'node:net';
import type { Server } from 'node:http';

/**
 * The connections on which nothing was received yet. Browsers open some in advance (preconnect),
 * and Node does not close them as idle: they would delay the end of the service until it closes all
 * connections.
 */
export class UnusedConnections {
  private readonly sockets = new Set<Socket>();

  /** Create it before the server listens. */
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
