/**
 * What `private` means wherever a peer is judged by its address: this host, its links, and the
 * networks that nobody routes (RFC 1918, RFC 6598, RFC 4193).
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
