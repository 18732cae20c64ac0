import type { ValidationError } from 'class-validator';
import { AppError, type ErrorDetail } from '../errors/app-error.js';
import { placeHint, type Ancestor } from './nested-object.decorator.js';

const MAX_DETAILS = 20;
const MAX_FIELD = 100;
const TYPE_CHECKS = new Set([
  'codePointLength',
  'isArray',
  'isBoolean',
  'isInt',
  'isNumber',
  'isObject',
  'isString',
]);

/**
 * class-validator's tree as one error, a detail a wrong field. Paths join names with dots and put
 * array positions in brackets: `parameters.temperature`, `messages[0].content`.
 */
export function validationError(errors: readonly ValidationError[]): AppError {
  const details = [...detailsOf(errors, [], '')];
  const [first] = details;
  if (!first) return new AppError('validation', 'Invalid request');
  const rest = details.length - 1;
  const more = rest > 0 ? ` (and ${rest} more)` : '';
  return new AppError('validation', `Invalid request: ${sentence(first)}${more}`, {
    details: details.slice(0, MAX_DETAILS),
  });
}

/** One wrong field, named by its path. */
export function fieldError(path: string, message: string): AppError {
  const detail = { field: displayField(path), message };
  return new AppError('validation', `Invalid request: ${sentence(detail)}`, { details: [detail] });
}

/** A path fit to be shown: names are the client's own, so they are bounded and made printable. */
export function displayField(path: string): string {
  const printable = path.replace(/[\p{Cc}\p{Surrogate}]/gu, '?');
  return printable.length <= MAX_FIELD ? printable : `${printable.slice(0, MAX_FIELD)}…`;
}

function* detailsOf(
  errors: readonly ValidationError[],
  ancestors: readonly Ancestor[],
  parent: string,
): Iterable<ErrorDetail> {
  for (const error of errors) {
    const path = joinPath(parent, error.property);
    const message = messageOf(error, ancestors, parent);
    if (message) yield { field: displayField(path), message };
    if (error.children?.length) {
      const here: Ancestor = { type: error.target?.constructor, path: parent };
      yield* detailsOf(error.children, [...ancestors, here], path);
    }
  }
}

/**
 * One message per field, the most basic one: a value that is not a number gets no message about its
 * limits.
 */
function messageOf(
  error: ValidationError,
  ancestors: readonly Ancestor[],
  parent: string,
): string | undefined {
  const constraints = Object.entries(error.constraints ?? {});
  if (constraints.some(([name]) => name === 'whitelistValidation')) {
    return unknownField(error, ancestors, parent);
  }
  // Decorators are applied from the last to the first, and authors write the type first.
  return (constraints.find(([name]) => TYPE_CHECKS.has(name)) ?? constraints.at(-1))?.[1];
}

function unknownField(
  error: ValidationError,
  ancestors: readonly Ancestor[],
  parent: string,
): string {
  const here: Ancestor = { type: error.target?.constructor, path: parent };
  const hint = placeHint(error.property, here, ancestors);
  return hint ?? 'unknown field';
}

function joinPath(parent: string, name: string): string {
  if (!parent) return name;
  return /^\d+$/.test(name) ? `${parent}[${name}]` : `${parent}.${name}`;
}

/** `temperature must be …` at `parameters.temperature` → `parameters.temperature must be …`. */
function sentence({ field, message }: ErrorDetail): string {
  const name = field.slice(field.lastIndexOf('.') + 1);
  if (message.startsWith(`${name} `)) return field + message.slice(name.length);
  return message === 'unknown field' ? `${message} ${field}` : `${field}: ${message}`;
}
