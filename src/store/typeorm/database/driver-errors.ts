import { QueryFailedError } from 'typeorm';
import type { AppError } from '../../../common/errors/app-error.js';
import { storeFault, storeUnavailable } from '../../store-errors.js';

/** What is safe to say of a driver's error: its message may quote people's texts, these cannot. */
export interface DriverFault {
  /** `SQLITE_BUSY`, `57P01`, `ECONNREFUSED`; empty if there is none. */
  code: string;
  /** Name of the constraint that was violated. */
  constraint: string;
  /** The call to the system that failed, if one did. */
  syscall: string;
  /** For a decision only, never for a log. */
  message: string;
}

/** No connection could be had: nothing was asked of the database. */
export class NotConnectedError extends Error {
  override readonly name = 'NotConnectedError';
}

/** Failed for the sake of its connection alone, and changed nothing: it may be run again. */
export class RetryableError extends Error {
  override readonly name = 'RetryableError';
}

/** Takes off what TypeORM adds to a driver's error: the statement and its parameters. */
export function faultOf(error: unknown): DriverFault {
  const inner = driverErrorOf(error);
  return {
    code: textField(inner, 'code'),
    constraint: textField(inner, 'constraint'),
    syscall: textField(inner, 'syscall'),
    message: textField(inner, 'message'),
  };
}

function driverErrorOf(error: unknown): unknown {
  if (error instanceof NotConnectedError || error instanceof RetryableError)
    return error.cause ?? error;
  return error instanceof QueryFailedError ? error.driverError : error;
}

/** By shape: the drivers' own classes are not always an `Error` of this realm, as under Jest. */
function textField(error: unknown, name: string): string {
  if (typeof error !== 'object' || error === null) return '';
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : '';
}

/** Stands in the log for a driver's error. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly code: string;

  constructor({ code, constraint, message }: DriverFault) {
    // What has no code comes from the driver itself, which quotes nothing.
    const what = code === '' ? message : code;
    super(`The database failed: ${what}${constraint && ` at ${constraint}`}`);
    this.code = code;
  }
}

/** The database cannot be used now. */
export function databaseUnavailable(fault: DriverFault): AppError {
  return storeUnavailable(new DatabaseError(fault));
}

/** Our mistake: a statement that the database refuses for what it is, or something worse. */
export function databaseFault(error: unknown): AppError {
  return storeFault(isOfDriver(error) ? new DatabaseError(faultOf(error)) : error);
}

/** What may quote a statement or its parameters, other than an error of our own. */
function isOfDriver(error: unknown): boolean {
  const { code } = faultOf(error);
  return error instanceof QueryFailedError || /^(SQLITE_\w+|[0-9A-Z]{5})$/.test(code);
}
