import type { Request } from 'express';
import type { AppLogger } from '../../observability/app-logger.js';
import { bareAddress, isPrivateAddress } from './client-address.js';

/** Whether the proxy at this address and distance in hops is trusted. */
type Trust = (address: string, hop: number) => boolean;

const MAX_PREFIX = 200;
const PREFIX = /^(\/[A-Za-z0-9._~%-]+)+$/;

/**
 * Who a request is from, according to the proxies that `TRUST_PROXY` names: the nearest address of
 * `X-Forwarded-For` that is not a trusted proxy's. Warns once if forwarding seems misconfigured.
 */
export class ForwardedFor {
  private warned = false;

  constructor(
    private readonly trusting: boolean,
    private readonly logger: AppLogger,
  ) {}

  /** The client's address, without port and brackets; undefined once its socket is closed. */
  addressOf(request: Request): string | undefined {
    const peer = request.socket.remoteAddress;
    const forwarded = request.headers['x-forwarded-for'];
    if (forwarded === undefined || peer === undefined) return peer;
    if (!this.trusting) {
      if (isPrivateAddress(peer)) this.warnUnnamed(peer);
      return peer;
    }
    return farthestTrusted(peer, String(forwarded).split(','), trustOf(request)) ?? this.peer(peer);
  }

  private peer(peer: string): string {
    this.warn(
      'A trusted proxy sends an X-Forwarded-For that holds no address: its users share one rate limit',
      peer,
    );
    return peer;
  }

  private warnUnnamed(peer: string): void {
    this.warn(
      'A private peer sends X-Forwarded-For but TRUST_PROXY is not set: all users behind it share one rate limit',
      peer,
    );
  }

  private warn(message: string, peer: string): void {
    if (this.warned) return;
    this.warned = true;
    this.logger.warn(message, { peer });
  }
}

/** From the peer outwards, as long as the proxy that names the next address is trusted. */
function farthestTrusted(peer: string, forwarded: string[], trust: Trust): string | undefined {
  let address: string | undefined = peer;
  for (let hop = 0; address !== undefined && trust(address, hop); hop += 1) {
    const next = forwarded.pop();
    if (next === undefined) return address;
    address = bareAddress(next);
  }
  return address;
}

/**
 * The path below which a trusted proxy serves this service (`X-Forwarded-Prefix`), for URLs that
 * clients are sent: `/chat` for `https://example.org/chat/api/…`. Empty if there is none. Several
 * proxies make a list, the outermost first.
 */
export function forwardedPrefix(request: Request): string {
  const header = request.headers['x-forwarded-prefix'];
  const peer = request.socket.remoteAddress;
  if (typeof header !== 'string' || peer === undefined || !trustOf(request)(peer, 0)) return '';
  const prefix = header.replace(/\/*\s*(,\s*|$)/g, '').trim();
  return prefix.length <= MAX_PREFIX && PREFIX.test(prefix) ? prefix : '';
}

function trustOf(request: Request): Trust {
  const trust: unknown = request.app.get('trust proxy fn');
  return isTrust(trust) ? trust : () => false;
}

function isTrust(value: unknown): value is Trust {
  return typeof value === 'function';
}
