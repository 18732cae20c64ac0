import { types } from 'node:util';
import { QueryFailedError } from 'typeorm';
import { AppError } from '../../../common/errors/app-error.js';

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

/** Takes off what TypeORM adds to a driver's error: the statement and its parameters. */
export function faultOf(error: unknown): DriverFault {
  const inner: unknown = error instanceof QueryFailedError ? error.driverError : error;
  // Not `instanceof`: an error of Node's own may come from another realm, as it does under Jest.
  if (!types.isNativeError(inner)) return { code: '', constraint: '', syscall: '', message: '' };
  return {
    code: textField(inner, 'code'),
    constraint: textField(inner, 'constraint'),
    syscall: textField(inner, 'syscall'),
    message: inner.message,
  };
}

function textField(error: Error, name: string): string {
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : '';
}

/** Stands in the log for a driver's error. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';

  constructor(
    readonly code: string,
    constraint = '',
  ) {
    const where = constraint && ` at ${constraint}`;
    super(`The database failed with ${code || 'a lost connection'}${where}`);
  }
}

/** The database cannot be used now. */
export function storeUnavailable(code: string): AppError {
  return new AppError('store_unavailable', 'The conversation store is not available', {
    cause: new DatabaseError(code),
  });
}

/** A statement that the database refuses for what it is: our mistake. */
export function storeFault(fault: DriverFault): AppError {
  return new AppError('internal', 'Internal server error', {
    cause: new DatabaseError(fault.code, fault.constraint),
  });
}
