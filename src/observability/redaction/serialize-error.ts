import { types } from 'node:util';

import { scrub } from './scrub.js';

/** An error in a log line. */
export interface SerializedError {
  name: string;
  message: string;
  code?: string | number;
  reason?: string;
  status?: number;
  stack?: string;
  cause?: SerializedError;
  /** Of an `AggregateError`. */
  errors?: SerializedError[];
}

const MAX_CAUSES = 4;
const MAX_FRAMES = 30;
const MAX_ERRORS = 5;

/** Errors of other realms count too: worker threads and test runners make them. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}

/**
 * Name, message, code, stack and causes, and nothing else: errors of databases and parsers carry
 * the parameters of statements, rows and bodies, which hold what people wrote.
 */
export function serializeError(error: unknown, causes = MAX_CAUSES): SerializedError {
  if (!isError(error)) return { name: 'NonError', message: scrub(thrownText(error)) };
  const message = safeMessage(error);
  const serialized: SerializedError = { name: scrub(error.name), message };
  const { code, reason, status } = labels(error);
  if (code !== undefined) serialized.code = code;
  if (reason !== undefined) serialized.reason = reason;
  if (status !== undefined) serialized.status = status;
  const frames = stackFrames(error.stack, error.message);
  if (frames.length > 0) {
    serialized.stack = [`${serialized.name}: ${message}`, ...frames].join('\n');
  }
  if (causes > 0) addCauses(serialized, error, causes - 1);
  return serialized;
}

function addCauses(serialized: SerializedError, error: Error, causes: number): void {
  if (error.cause !== undefined && error.cause !== null) {
    serialized.cause = serializeError(error.cause, causes);
  }
  const errors: unknown = Reflect.get(error, 'errors');
  if (!Array.isArray(errors)) return;
  serialized.errors = errors
    .slice(0, MAX_ERRORS)
    .filter(isError)
    .map((inner) => serializeError(inner, causes));
}

/** The short fields that identify an error. */
function labels(error: Error): Pick<SerializedError, 'code' | 'reason' | 'status'> {
  const code: unknown = Reflect.get(error, 'code');
  const reason: unknown = Reflect.get(error, 'reason');
  const status: unknown = Reflect.get(error, 'status');
  return {
    ...(typeof code === 'number' ? { code } : {}),
    ...(typeof code === 'string' ? { code: scrub(code) } : {}),
    ...(typeof reason === 'string' ? { reason: scrub(reason) } : {}),
    ...(typeof status === 'number' ? { status } : {}),
  };
}

/**
 * The frames of a stack, without the message above them, which may run over several lines.
 *
 * @param message - as it is in the stack
 */
export function stackFrames(stack: string | undefined, message = ''): string[] {
  if (stack === undefined) return [];
  const start = stack.indexOf(message);
  const below = start < 0 ? stack : stack.slice(start + message.length);
  const frames = below.split('\n').filter((line) => /^\s+at /.test(line));
  return frames.slice(0, MAX_FRAMES).map((line) => `    ${scrub(line.trim())}`);
}

function safeMessage(error: Error): string {
  if (error.name === 'SyntaxError' && /JSON/i.test(error.message)) {
    return 'Invalid JSON'; // V8 quotes what it could not parse.
  }
  return scrub(isDatabaseError(error) ? withoutRowValues(error) : error.message);
}

function isDatabaseError(error: Error): boolean {
  const marks = ['driverError', 'parameters', 'severity', 'errmsg', 'keyValue'];
  return marks.some((mark) => mark in error) || /^(Sqlite|Mongo|QueryFailed)/.test(error.name);
}

/** Values that databases quote in their messages, except names of the schema. */
const REFUSED_VALUE = /: ".*"/gs;
const QUOTED =
  /(?<!\b(?:relation|table|column|constraint|index|database|role|user|schema|type|function) )"[^"]*"/g;
const DUPLICATE_KEY = / dup key: .*/gs;

function withoutRowValues(error: Error): string {
  const parameters: unknown = Reflect.get(error, 'parameters');
  let message = error.message;
  for (const parameter of Array.isArray(parameters) ? parameters : []) {
    if (typeof parameter === 'string' && parameter.length > 3) {
      message = message.replaceAll(parameter, '[redacted]');
    }
  }
  return message
    .replace(DUPLICATE_KEY, '')
    .replace(REFUSED_VALUE, ': "[redacted]"')
    .replace(QUOTED, '"[redacted]"');
}

/** A thrown value that is not an error: text, or its type. */
function thrownText(value: unknown): string {
  return typeof value === 'string' ? value : `something of type ${typeof value} was thrown`;
}
