import './common/lifecycle/no-inspector.js';
import { parseArgs } from 'node:util';
import { CommandError, UsageError } from './commands/command-error.js';
import { patiently } from './commands/history/stores.js';
import { runCommand, type Outcome } from './commands/run-command.js';
import { loadSettings } from './config/load-settings.js';
import { createLogger } from './observability/create-logger.js';
import { SchemaMigrations } from './store/typeorm/schema-migrations.js';

type States = Awaited<ReturnType<SchemaMigrations['status']>>;

interface Done {
  readonly lines: readonly string[];
  /** The schema afterwards. */
  readonly states: States;
}

const COMMANDS: Record<string, (migrations: SchemaMigrations, before: States) => Promise<Done>> = {
  run: async (migrations, before) => {
    const names = await migrations.run();
    return {
      lines: names.length > 0 ? names.map((name) => `applied  ${name}`) : ['Nothing to apply'],
      states: before.map(({ name }) => ({ name, applied: true })),
    };
  },
  revert: async (migrations, before) => {
    const reverted = await migrations.revert();
    return {
      lines: [reverted === null ? 'Nothing to revert' : `reverted ${reverted}`],
      states: before.map(({ name, applied }) => ({ name, applied: applied && name !== reverted })),
    };
  },
  status: async (_, states) => ({
    lines: states.map(({ name, applied }) => `${applied ? 'applied ' : 'pending '} ${name}`),
    states,
  }),
};
const USAGE = `Usage: ${Object.keys(COMMANDS).join(', ')}, and --json where a script reads it`;
const HELP = [
  'Usage: node dist/src/migrate.js COMMAND',
  '  run     applies the migrations that are pending',
  '  revert  takes back the one that was applied last',
  '  status  shows which are applied, and changes nothing',
  '  each with --json where a script reads it',
];

/** The schema of the database that the settings name. */
async function migrateCommand(args: readonly string[]): Promise<Outcome> {
  const command = commandIn(args);
  const { history, log } = loadSettings().settings;
  const { storage } = history;
  if (storage.kind !== 'sqlite' && storage.kind !== 'postgres')
    throw new CommandError(
      'HISTORY_STORAGE_TYPE: migrations are for database, on SQLite or PostgreSQL',
    );
  const opened = createLogger(log, { write: () => undefined });
  try {
    const migrations = new SchemaMigrations(storage, opened.logger);
    // Only the look is repeated: a step whose answer was lost may have been taken back already.
    const named = { by: 'HISTORY_DB_URL', target: storage };
    const { lines, states } = await command(
      migrations,
      await patiently(named, () => migrations.status()),
    );
    const applied = states.filter((state) => state.applied).length;
    return {
      sentence: `The database has ${applied} of ${states.length} migrations`,
      json: states,
      lines,
    };
  } finally {
    opened.close();
  }
}

function commandIn(args: readonly string[]) {
  const [name = '', ...others] = positionalsIn(args);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command || others.length > 0) throw new UsageError(USAGE);
  return command;
}

function positionalsIn(args: readonly string[]): string[] {
  try {
    const options = { json: { type: 'boolean' } } as const;
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
      .positionals;
  } catch {
    throw new UsageError(USAGE);
  }
}

/** `npm run -s migration:run|revert|status`, and where there is no npm: `node dist/src/migrate.js …`. */
await runCommand(process.argv.slice(2), HELP, migrateCommand);
