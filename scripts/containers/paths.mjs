import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');

/** Kept between runs: Docker Compose, the roots of the base images, the images. */
export const CACHE = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
  'ollama-chat-service/containers',
);

/** Docker Compose has no package in Debian: Go builds it, once. */
export const COMPOSE_VERSION = 'v2.40.3';
export const COMPOSE = join(CACHE, `bin/docker-compose-${COMPOSE_VERSION}`);

/** The product's image, and the same image under another tag, which an upgrade brings. */
export const IMAGE = 'localhost/ollama-chat-service:local';
