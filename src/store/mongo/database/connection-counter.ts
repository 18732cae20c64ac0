import type { MongoClient } from 'mongodb';
import type { ConnectionCounts } from '../../store.js';

/** Counts a client's connections by what its driver says of them. */
export class ConnectionCounter {
  private open = 0;
  private used = 0;

  constructor(client: MongoClient) {
    client.on('connectionCreated', () => (this.open += 1));
    client.on('connectionClosed', () => (this.open -= 1));
    client.on('connectionCheckedOut', () => (this.used += 1));
    client.on('connectionCheckedIn', () => (this.used -= 1));
  }

  get counts(): ConnectionCounts {
    return { idle: Math.max(0, this.open - this.used), used: this.used };
  }
}
