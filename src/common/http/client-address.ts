import { BlockList, isIP } from 'node:net';

/**
 * The addresses that `private` means: this host, link-local addresses, and networks that are not
 * routed on the Internet (RFC 1918, RFC 6598, RFC 4193).
 */
export const PRIVATE_NETWORKS = [
  '127.0.0.0/8',
  '::1/128',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
  'fe80::/10',
] as const;

/**
 * The address in a proxy's header, which may contain a port, brackets and quotes:
 * `203.0.113.1:50001`, `[2001:db8::1]:443`, `"[2001:db8::1]"`. Undefined if it is not an address.
 */
export function bareAddress(text: string): string | undefined {
  const plain = text.trim().replace(/^"(.*)"$/, '$1');
  const inner =
    /^\[(.*)\](:\d{1,5})?$/.exec(plain)?.[1] ?? plain.replace(/^([\d.]+):\d{1,5}$/, '$1');
  const address = inner.replace(/%.*$/, '');
  return isIP(address) === 0 ? undefined : address;
}

/** An address as limits count it: IPv4 plain, IPv6 by its /64. */
export function clientAddress(ip: string | undefined): string {
  const bare = (ip ?? '').replace(/%.*$/, '');
  switch (isIP(bare)) {
    case 4:
      return bare;
    case 6:
      return ipv6Client(bare);
    default:
      return 'unknown';
  }
}

/** An address as people read it, an IPv4 one without the form that it has on an IPv6 socket. */
export function plainAddress(ip: string | undefined): string {
  return (ip ?? 'unknown').replace(/^::ffff:(?=[\d.]+$)/i, '');
}

/**
 * Whether a peer is on this machine or in a private network, as the operator's own proxy would be.
 */
export function isPrivateAddress(ip: string | undefined): boolean {
  const bare = (ip ?? '').replace(/%.*$/, '');
  const version = isIP(bare);
  return version !== 0 && privateNetworks.check(bare, version === 4 ? 'ipv4' : 'ipv6');
}

const privateNetworks = new BlockList();
for (const subnet of PRIVATE_NETWORKS) {
  const [network = '', prefix] = subnet.split('/');
  privateNetworks.addSubnet(network, Number(prefix), isIP(network) === 4 ? 'ipv4' : 'ipv6');
}

/** One household or host has a whole /64: a limit per single address would have no effect. */
function ipv6Client(ip: string): string {
  const groups = ipv6Groups(ip);
  const [high = 0, low = 0] = groups.slice(6);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
  }
  const prefix = groups.slice(0, 4).map((group) => group.toString(16));
  return `${prefix.join(':')}::/64`;
}

/** The eight groups of a valid address; the URL parser writes any form of it in plain hex groups. */
function ipv6Groups(ip: string): number[] {
  const canonical = new URL(`http://[${ip}]`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const left = head ? head.split(':') : [];
  const right = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? [] : Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].map((group) => parseInt(group, 16));
}
