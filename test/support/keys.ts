import { runCommand } from './command.js';
import type { TestStorage } from './storages.js';

/** Runs `npm run -s keys -- …` on a storage; fails unless it succeeds. What it wrote. */
export async function keysCommand({ env }: TestStorage, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand('keys', args, { env });
  if (code !== 0) throw new Error(`keys ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

/** Makes a key, as the header of a request. */
export async function makeKey(
  storage: TestStorage,
  name: string,
  ...options: string[]
): Promise<{ 'X-Api-Key': string }> {
  return { 'X-Api-Key': await keysCommand(storage, 'create', name, ...options) };
}
