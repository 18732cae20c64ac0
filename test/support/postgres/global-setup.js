import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Gives the run a folder, in which the first spec that needs a server leaves its keeper's traces.
 * Nothing is started here: most runs need no database.
 */
export default async function globalSetup() {
  const folder = await mkdtemp(join(tmpdir(), 'chat-tests-'));
  // The server may run as another user, who has to get through here.
  await chmod(folder, 0o711);
  process.env.TEST_RUN_FOLDER = folder;
  process.env.TEST_RUN_PID = String(process.pid);
}
