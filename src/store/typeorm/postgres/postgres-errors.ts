import { AppError } from '../../../common/errors/app-error.js';
import { StoreStartError } from '../../store.js';
import {
  faultOf,
  NotConnectedError,
  databaseFault,
  databaseUnavailable,
  type DriverFault,
} from '../database/driver-errors.js';

/**
 * Classes of SQLSTATE of temporary failures, or of those that an administrator must resolve: no
 * connection, no resources, shut down, cancelled by a timeout, failed disk, read-only standby, two
 * transactions in conflict; and what the network says.
 */
const UNUSABLE = /^((08|53|57|58|40)[0-9A-Z]{3}|55P03|25006|25P03|E[A-Z]+)$/;

/** A standby, or a server that is set to read-only. */
export const READ_ONLY = '25006';

const UNTRUSTED = /^(SELF_SIGNED|CERT_|DEPTH_ZERO|UNABLE_TO_|ERR_TLS_)/;

/** Failures of the driver itself have no code. */
const LOST = /timeout|terminated|connection|not queryable|ended|pool|DataSource|SSL/i;

/** Two transactions were in conflict; the server has rolled this one back. */
export function isConflict(error: unknown): boolean {
  return /^(40001|40P01)$/.test(faultOf(error).code);
}

/** The connection was closed; another one may work. */
export function isLostConnection(error: unknown): boolean {
  const { code, message } = faultOf(error);
  return code === ''
    ? /terminated|not queryable|connection error/i.test(message)
    : /^(08[0-9A-Z]{3}|57P0[1235]|25P03|ECONNRESET|EPIPE)$/.test(code);
}

/** The server is read-only; another connection may lead to a writable one. */
export function isReadOnly(error: unknown): boolean {
  return faultOf(error).code === READ_ONLY;
}

/** The server has no connection left now: one of the pool's own, or another, may be free soon. */
export function isOutOfConnections(error: unknown): boolean {
  return faultOf(error).code === '53300';
}

/** Every connection of the pool was taken for too long. */
export function isPoolExhausted(error: unknown): boolean {
  return /timeout exceeded when trying to connect/.test(faultOf(error).message);
}

/** No response in time: the connection may be dead. */
export function isUnanswered(error: unknown): boolean {
  const { code, message } = faultOf(error);
  return code === '' && /read timeout/i.test(message);
}

/** Converts a failure of an open database for the store's callers. */
export function postgresError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const fault = faultOf(error);
  if (error instanceof NotConnectedError) return databaseUnavailable(fault);
  const { code, message } = fault;
  const unusable = code === '' ? LOST.test(message) : UNUSABLE.test(code) || UNTRUSTED.test(code);
  return unusable ? databaseUnavailable(fault) : databaseFault(error);
}

/** The server speaks no TLS, or refuses connections without it: the next `sslmode` may work. */
export function isTlsRefusal(error: unknown): boolean {
  const { code, message } = faultOf(error);
  return (
    /does not support SSL/i.test(message) || (code === '28000' && /encryption|SSL/i.test(message))
  );
}

/**
 * Why the start failed: `store_unavailable` may be temporary, a StoreStartError says what to do.
 */
export function postgresStartError(error: unknown): Error {
  if (error instanceof AppError || error instanceof StoreStartError) return error;
  const known = postgresError(error);
  const remedy = isTlsRefusal(error)
    ? 'the server does not take connections of this sslmode'
    : remedyOf(faultOf(error));
  if (!remedy && known.reason === 'store_unavailable') return known;
  const failure =
    remedy ?? `its database cannot be migrated to this version (${faultOf(error).code})`;
  return new StoreStartError(`HISTORY_DB_URL: ${failure}`, { cause: known.cause });
}

function remedyOf({ code, syscall, message }: DriverFault): string | null {
  if (code === '08P01') return poolerRemedyOf(message);
  if (code === '28P01' || code === '28000') return 'the server refuses this user or password';
  if (code === '3D000') return 'the server has no database of this name; create it';
  if (code === '42501') return 'its user may not create tables; grant CREATE on the schema';
  if (UNTRUSTED.test(code)) return "the server's certificate is not one that sslmode accepts";
  // pg reads the files while it parses the URL.
  if (syscall === 'open') return 'a certificate file that it names cannot be read';
  if (/verify-ca/.test(message)) return 'sslmode=verify-ca needs sslrootcert';
  return null;
}

/** Errors of poolers themselves; their other errors are temporary. */
function poolerRemedyOf(message: string): string | null {
  if (/startup parameter/i.test(message))
    return (
      'a pooler before the server refuses its start parameters (options); leave them out, or name ' +
      "them in PgBouncer's ignore_startup_parameters"
    );
  if (/statement pooling/i.test(message))
    return 'a pooler before the server allows no transactions; set its pool_mode to session or transaction';
  return null;
}
