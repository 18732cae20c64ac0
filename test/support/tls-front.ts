import { connect } from 'node:net';
import { createServer, type Server } from 'node:tls';
import type { AddressInfo } from 'node:net';

/** A certificate for localhost and 127.0.0.1 self-signed, only for these tests. */
export const CERTIFICATE = `\
-----BEGIN CERTIFICATE-----
MIIBtDCCAVugAwIBAgIUMx7L/puF/4ArGU2oPkIVzJlw/WQwCgYIKoZIzj0EAwIw
ITEfMB0GA1UEAwwWQSB0ZXN0J3Mgb3duIGF1dGhvcml0eTAgFw0yNjExMjYwMTIy
MjRaGA8yMTI2MTEwMjAxMjIyNFowITEfMB0GA1UEAwwWQSB0ZXN0J3Mgb3duIGF1
dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABB621i8hsoSjPQHDXr0l
jgDBCLLU7REUsjdPX81XxjJiADn0kvXzV0U4Ue8KAqpuFDmznC85gUtp4Jl3ghol
ujujbzBtMB0GA1UdDgQWBBTIvL5n6Fp6pF08gZFBhWhzvfdAeTAfBgNVHSMEGDAW
gBTIvL5n6Fp6pF08gZFBhWhzvfdAeTAPBgNVHRMBAf8EBTADAQH/MBoGA1UdEQQT
MBGCCWxvY2FsaG9zdIcEfwAAATAKBggqhkjOPQQDAgNHADBEAiBUHIfwW8LrCAnR
31asaRT+6ilTAa2Qro3w5uk9xO4zOgIgH6SJlFPu3vX1ceu2RFDdbqDhgDozn0xK
Y8mtY0/uG58=
-----END CERTIFICATE-----
`;

const KEY = `\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgOX8C08ytGtKc0459
hVlsGfCX/4vIky0gMURkQqQYj4OhRANCAAQettYvIbKEoz0Bw169JY4AwQiy1O0R
FLI3T1/NV8YyYgA59JL181dFOFHvCgKqbhQ5s5wvOYFLaeCZd4IaJbo7
-----END PRIVATE KEY-----
`;

/** Speaks TLS on a port of the loopback, and forwards the bytes to `port`. */
export class TlsFront {
  private constructor(private readonly server: Server) {}

  static async before(port: number): Promise<TlsFront> {
    const server = createServer({ key: KEY, cert: CERTIFICATE }, (client) => {
      const upstream = connect(port, '127.0.0.1');
      client.pipe(upstream).pipe(client);
      for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
      client.on('close', () => upstream.destroy());
    });
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TlsFront(server);
  }

  get url(): string {
    return `https://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
  }
}
