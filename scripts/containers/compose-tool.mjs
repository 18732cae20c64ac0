import { existsSync } from 'node:fs';
import { buildGoProgram } from './go-program.mjs';
import { COMPOSE, COMPOSE_VERSION } from './paths.mjs';

const PROGRAM = { module: 'github.com/docker/compose/v2', version: COMPOSE_VERSION, main: 'cmd' };

/** Docker Compose as a program of its own. */
export async function buildCompose() {
  if (existsSync(COMPOSE)) return;
  console.log(`building Docker Compose ${COMPOSE_VERSION}, once: some minutes`);
  await buildGoProgram(PROGRAM, COMPOSE);
}
