import './common/lifecycle/no-inspector.js';
import { historyCommand } from './commands/history/history-command.js';
import { HELP } from './commands/history/options.js';
import { runCommand } from './commands/run-command.js';

/** `npm run -s history -- …`, and where there is no npm: `node dist/src/history.js …`. */
await runCommand(process.argv.slice(2), HELP, historyCommand);
