/** Fields of a log line. Never message text, prompts, answers, keys or URLs with credentials. */
export type LogFields = Record<string, unknown>;

/**
 * The logger: a constant sentence for each kind of event, with fields for the details. `error` in
 * the fields is written as its name, message, code and stack.
 */
export abstract class AppLogger {
  abstract trace(message: string, fields?: LogFields): void;
  abstract debug(message: string, fields?: LogFields): void;
  abstract info(message: string, fields?: LogFields): void;
  abstract warn(message: string, fields?: LogFields): void;
  abstract error(message: string, fields?: LogFields): void;
  abstract fatal(message: string, fields?: LogFields): void;
}
