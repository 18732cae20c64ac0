import './common/lifecycle/no-inspector.js';
import { HELP } from './commands/keys/key-options.js';
import { keysCommand } from './commands/keys/keys-command.js';
import { runCommand } from './commands/run-command.js';

/** `npm run -s keys -- …`, and where there is no npm: `node dist/src/keys.js …`. */
await runCommand(process.argv.slice(2), HELP, keysCommand);
