/** Requests of a client in its current window, which ends by the server's clock. */
export interface RequestWindowDocument {
  /** The client. Its index is unique on every server, without being made. */
  _id: string;
  count: number;
  endsAt: number;
}
