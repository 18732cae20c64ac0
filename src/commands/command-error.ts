/** The command could not do it: exit code 1. The message is one sentence for a person. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
}

/** The command was called in a wrong way: exit code 2. */
export class UsageError extends CommandError {
  override readonly name = 'UsageError';
}
