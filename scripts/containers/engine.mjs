import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, COMPOSE } from './paths.mjs';
import { run } from './run.mjs';

/** Where running containers are known: gone with the machine's start, like the containers. */
const RUN = '/run/ollama-chat-service-containers';

/**
 * Podman with a store, networks and settings of its own: nothing of another engine on this machine,
 * of its images and containers, is seen or changed.
 */
export const ENGINE_ENV = {
  ...process.env,
  CONTAINERS_CONF: join(CACHE, 'containers.conf'),
  CONTAINERS_STORAGE_CONF: join(CACHE, 'storage.conf'),
  DOCKER_HOST: `unix://${RUN}/podman.sock`,
};

export function configureEngine() {
  mkdirSync(join(CACHE, 'networks'), { recursive: true });
  mkdirSync(RUN, { recursive: true, mode: 0o700 });
  // Processes of an exec stay for their exit code; five minutes by default.
  // runc: crun refuses hybrid cgroups. No default ulimits: not all of them may be raised everywhere.
  const settings = `[containers]
default_ulimits = []
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
exit_command_delay = 10
tmp_dir = "${RUN}/libpod"
[network]
network_backend = "netavark"
network_config_dir = "${CACHE}/networks"
`;
  const storage = `[storage]
driver = "overlay"
runroot = "${RUN}/storage"
graphroot = "${CACHE}/storage"
`;
  writeFileSync(ENGINE_ENV.CONTAINERS_CONF, settings);
  writeFileSync(ENGINE_ENV.CONTAINERS_STORAGE_CONF, storage);
}

/** @param {string[]} parameters */
export const podman = (...parameters) => run('podman', parameters, { env: ENGINE_ENV });

/** @param {string[]} parameters */
export const buildah = (...parameters) => run('buildah', parameters, { env: ENGINE_ENV });

/**
 * @param {{ folder: string, env?: NodeJS.ProcessEnv }} project `folder` has compose.yaml
 * @param {string[]} parameters
 */
export const compose = ({ folder, env = {} }, ...parameters) =>
  run(COMPOSE, parameters, { cwd: folder, env: { ...ENGINE_ENV, ...env } });

/** @param {string} name @returns {Promise<boolean>} */
export const imageExists = (name) =>
  podman('image', 'exists', name).then(
    () => true,
    () => false,
  );

/**
 * Builds without the network's isolation, since only this machine's network reaches a registry.
 *
 * @param {string} tag @param {string} folder @param {string[]} [options]
 */
export const build = (tag, folder, options = []) =>
  buildah(
    ...['bud', '--isolation', 'chroot', '--network', 'host', '--pull-never', '--layers', '--quiet'],
    ...['--format', 'docker', '--tag', tag, ...options, folder],
  );

/** All containers, networks and volumes of the tests; images stay for the next run. */
export async function removeEverything() {
  await podman('rm', '--all', '--force', '--time', '0', '--volumes');
  await podman('pod', 'rm', '--all', '--force');
  await podman('network', 'prune', '--force');
  await podman('volume', 'prune', '--force');
}
