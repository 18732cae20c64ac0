import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export const NAME = 'chat.example.com';
const DOCKER = resolve(import.meta.dirname, '../../docker');

/**
 * The example with these put in; an example that has lost one of them fails.
 *
 * @param {string} file @param {Record<string, string>} values
 */
function replaced(file, values) {
  let text = readFileSync(join(DOCKER, file), 'utf8');
  for (const [from, to] of Object.entries(values)) {
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

/** nginx's own default; with HTTP/1.1 it passes chunks on as they come, whether it buffers or not. */
const UNCHUNKED = { 'proxy_http_version 1.1;': 'proxy_http_version 1.0;' };

/**
 * Of two means against buffering, the example's setting and the service's header, each is enough: a test sees
 * one of them only without the other, and without chunks.
 *
 * @type {Record<Means, Record<string, string>>}
 */
const NGINX_BUFFERING = {
  header: { ...UNCHUNKED, 'proxy_buffering off;': 'proxy_buffering on;' },
  setting: {
    ...UNCHUNKED,
    'proxy_cache off;': 'proxy_cache off; proxy_ignore_headers X-Accel-Buffering;',
  },
};

/** @typedef {'header' | 'setting'} Means what alone turns nginx's buffering off */

/**
 * Writes a proxy's settings into a folder; the program and its arguments.
 *
 * @type {Record<string, (folder: string, port: number, address: string, means?: Means) => [string, string[]]>}
 */
const PROXIES = {
  nginx(folder, port, address, means) {
    const server = replaced('nginx.conf.example', {
      ...(means && NGINX_BUFFERING[means]),
      '127.0.0.1:8000': address,
      'listen 443 ssl http2': `listen 127.0.0.1:${port} ssl http2`,
      [`/etc/ssl/certs/${NAME}.pem`]: join(folder, 'certificate.pem'),
      [`/etc/ssl/private/${NAME}.key`]: join(folder, 'key.pem'),
    });
    const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off; pid ${folder}/pid; error_log stderr warn; events {}
http { access_log off; ${places.join(' ')}
${server}}`,
    );
    return ['nginx', ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')]];
  },
  caddy(folder, port, address) {
    const site = replaced('Caddyfile.example', {
      '127.0.0.1:8000': address,
      [`${NAME} {`]: `https://${NAME}:${port} {
	bind 127.0.0.1
	tls ${folder}/certificate.pem ${folder}/key.pem`,
    });
    const file = join(folder, 'Caddyfile');
    writeFileSync(file, `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${site}`);
    return ['caddy', ['run', '--adapter', 'caddyfile', '--config', file]];
  },
};

/**
 * A proxy as its example in docker/ sets it up, on a free port of the loopback.
 *
 * @param {string} program nginx or caddy @param {string} address of the service, `host:port`
 * @param {Means} [means]
 */
export async function startProxy(program, address, means) {
  const folder = mkdtempSync(join(tmpdir(), 'chat-proxy-'));
  const files = ['-keyout', `${folder}/key.pem`, '-out', `${folder}/certificate.pem`];
  const kind = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${NAME}`];
  execFileSync('openssl', ['req', ...kind, '-addext', `subjectAltName=DNS:${NAME}`, ...files], {
    stdio: 'ignore',
  });
  const port = await freePort();
  const [command, parameters] = PROXIES[program]?.(folder, port, address, means) ?? [program, []];
  const child = spawn(command, parameters, {
    env: { PATH: `${process.env.PATH}:/usr/sbin`, HOME: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (/** @type {Buffer} */ data) => (errors += String(data)));
  await listening(port, () => {
    if (child.exitCode !== null) throw new Error(`${program} ended: ${errors}`);
  });
  return {
    port,
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

/** @param {number} port @param {() => void} check throws where it will never listen */
async function listening(port, check) {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    check();
    const socket = connect(port, '127.0.0.1');
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (open) return;
    await pause(100);
  }
  throw new Error('It does not listen');
}
