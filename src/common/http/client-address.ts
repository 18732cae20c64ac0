import { BlockList, isIP } from 'node:net';

/** An address as Node or a proxy writes it, as limits count it: IPv4 plain, IPv6 by its /64. */
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

/** Whether a peer is on this machine or in a private network, as a proxy of our own would be. */
export function isPrivateAddress(ip: string | undefined): boolean {
  const bare = (ip ?? '').replace(/%.*$/, '');
  const version = isIP(bare);
  return version !== 0 && privateNetworks.check(bare, version === 4 ? 'ipv4' : 'ipv6');
}

const privateNetworks = new BlockList();
for (const [network, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
] as const) {
  privateNetworks.addSubnet(network, prefix, 'ipv4');
}
privateNetworks.addAddress('::1', 'ipv6');
privateNetworks.addSubnet('fc00::', 7, 'ipv6');
privateNetworks.addSubnet('fe80::', 10, 'ipv6');

/** One household or host has a /64 to itself: counting single addresses would count nothing. */
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
