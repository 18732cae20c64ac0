import { QueryFailedError } from 'typeorm';
import type { AppError } from '../../../common/errors/app-error.js';
import { storeFault, storeUnavailable } from '../../store-errors.js';

/** The parts of a driver's error that are safe to log: its message may quote users' texts. */
export interface DriverFault {
  /** `SQLITE_BUSY`, `57P01`, `ECONNREFUSED`; empty if there is none. */
  code: string;
  /** Name of the constraint that was violated. */
  constraint: string;
  /** The system call that failed, if any. */
  syscall: string;
  /** For a decision only, never for a log. */
  message: string;
}

/** No connection was available: no statement was sent. */
export class NotConnectedError extends Error {
  override readonly name = 'NotConnectedError';
}

/** Failed only because of its connection, and changed nothing: it may be run again. */
export class RetryableError extends Error {
  override readonly name = 'RetryableError';
}

/** Removes the statement and its parameters, which TypeORM adds to a driver's error. */
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

/**
 * By its fields: the drivers' errors are not always instances of this realm's `Error`, for example
 * in Jest.
 */
function textField(error: unknown, name: string): string {
  if (typeof error !== 'object' || error === null) return '';
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : '';
}

/** Replaces a driver's error in the log. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly code: string;

  constructor({ code, constraint, message }: DriverFault) {
    // An error without a code is from the driver itself, which quotes nothing.
    const what = code === '' ? message : code;
    super(`The database failed: ${what}${constraint && ` at ${constraint}`}`);
    this.code = code;
  }
}

/** The database cannot be used now. */
export function databaseUnavailable(fault: DriverFault): AppError {
  return storeUnavailable(new DatabaseError(fault));
}

/** A bug: the database refuses the statement. */
export function databaseFault(error: unknown): AppError {
  return storeFault(isOfDriver(error) ? new DatabaseError(faultOf(error)) : error);
}

/** Whether an error may quote a statement or its parameters. */
function isOfDriver(error: unknown): boolean {
  const { code } = faultOf(error);
  return error instanceof QueryFailedError || /^(SQLITE_\w+|[0-9A-Z]{5})$/.test(code);
}
