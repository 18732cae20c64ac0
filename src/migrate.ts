import { AppError } from './common/errors/app-error.js';
import { loadSettings, SettingsError } from './config/load-settings.js';
import { createLogger } from './observability/create-logger.js';
import { SchemaMigrations } from './store/typeorm/schema-migrations.js';
import { StoreStartError } from './store/store.js';

/** What each command prints, a line each. */
const COMMANDS: Record<string, (migrations: SchemaMigrations) => Promise<string[]>> = {
  run: async (migrations) => {
    const names = await migrations.run();
    return names.length > 0 ? names.map((name) => `applied  ${name}`) : ['Nothing to apply'];
  },
  revert: async (migrations) => {
    const name = await migrations.revert();
    return [name === null ? 'Nothing to revert' : `reverted ${name}`];
  },
  status: async (migrations) =>
    (await migrations.status()).map(
      ({ name, applied }) => `${applied ? 'applied ' : 'pending '} ${name}`,
    ),
};

/** `npm run migration:run|revert|status`: the schema of the database that the settings name. */
async function main(name = ''): Promise<string[]> {
  const command = COMMANDS[name];
  if (!command) throw new StoreStartError(`Usage: ${Object.keys(COMMANDS).join(', ')}`);
  const { settings } = loadSettings();
  const { storage } = settings.history;
  if (storage.kind !== 'sqlite' && storage.kind !== 'postgres')
    throw new StoreStartError(
      'HISTORY_STORAGE_TYPE: migrations are for database, on SQLite or PostgreSQL',
    );
  const { logger } = createLogger(settings.log);
  return command(new SchemaMigrations(storage, logger));
}

function sentence(error: unknown): string {
  const expected =
    error instanceof SettingsError || error instanceof StoreStartError || error instanceof AppError;
  if (expected) return error.message;
  throw error;
}

try {
  for (const line of await main(process.argv[2])) process.stdout.write(`${line}\n`);
} catch (error) {
  process.stderr.write(`${sentence(error)}\n`);
  process.exitCode = 1;
}
