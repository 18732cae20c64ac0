import {
  MongoAPIError,
  MongoBulkWriteError,
  MongoClientClosedError,
  MongoCompatibilityError,
  MongoError,
  MongoMissingDependencyError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoOperationTimeoutError,
  MongoParseError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
  MongoWriteConcernError,
} from 'mongodb';
import { AppError } from '../../../common/errors/app-error.js';
import { systemCode } from '../../../common/errors/system-code.js';
import { storeFault, storeUnavailable } from '../../store-errors.js';
import { StoreStartError } from '../../store.js';

/** Of the driver itself: no server, no connection, no answer, no connection free, or closed by us. */
const UNUSABLE = [
  MongoServerSelectionError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoTopologyClosedError,
  MongoClientClosedError,
  MongoOperationTimeoutError,
  MongoWriteConcernError,
];

/**
 * Error codes of temporary failures, or of those that an administrator must resolve: host
 * unreachable, not primary, stepping down, shutting down, out of time, not enough members, a lock
 * or a conflict in the way, disk full.
 */
const TEMPORARY_CODES = new Set([
  6, 7, 24, 46, 50, 64, 89, 91, 100, 112, 133, 134, 189, 262, 9001, 10_107, 11_600, 11_602, 13_435,
  13_436, 14_031,
]);

/** Of an error that the driver does not export: the pool had no connection free. */
const POOL_EXHAUSTED = 'MongoWaitQueueTimeoutError';

const SYSTEM_CODE = /^E[A-Z]+$/;

const UNTRUSTED = /^(SELF_SIGNED|CERT_|DEPTH_ZERO|UNABLE_TO_|ERR_TLS_)/;

const LOGIN_FAILED = [18, 8000];
const NOT_ALLOWED = 13;
const OTHER_INDEX = [85, 86];

/** Replaces a driver's error in the log, whose message may quote users' texts. */
export class MongoFault extends Error {
  override readonly name = 'MongoFault';
  /** The server's number, the system's code, or the name of the driver's error. */
  readonly code: string;

  constructor(error: Error) {
    const number = error instanceof MongoServerError ? String(error.code ?? '') : '';
    const code = number || innermostCode(error);
    super(`The database failed: ${error.name}${code && ` ${code}`}`);
    this.code = code || error.name;
  }
}

/** Converts a failure of an open database for the store's callers. */
export function mongoError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const cause = isOfDriver(error) ? new MongoFault(error) : error;
  return isUnusable(error) ? storeUnavailable(cause) : storeFault(cause);
}

/**
 * Why the start failed: `store_unavailable` may be temporary, a StoreStartError says what to do.
 */
export function mongoStartError(error: unknown): Error {
  if (error instanceof StoreStartError) return error;
  const known = mongoError(error);
  const remedy = remedyOf(error);
  if (remedy === null && known.reason === 'store_unavailable') return known;
  const failure = remedy ?? 'its database cannot be prepared';
  return new StoreStartError(`HISTORY_DB_URL: ${failure}`, { cause: known.cause });
}

/** The driver passes on what the name service says as it is. */
function isOfDriver(error: unknown): error is Error {
  return error instanceof MongoError || SYSTEM_CODE.test(innermostCode(error));
}

function isUnusable(error: unknown): boolean {
  if (UNUSABLE.some((kind) => error instanceof kind)) return true;
  if (error instanceof MongoError && error.name === POOL_EXHAUSTED) return true;
  if (error instanceof MongoBulkWriteError && isUnsafe(error)) return true;
  if (error instanceof MongoServerError) return TEMPORARY_CODES.has(codeOf(error));
  return !(error instanceof MongoError) && SYSTEM_CODE.test(innermostCode(error));
}

/** Of several writes at once: no answer came, or not of enough members. */
function isUnsafe(error: MongoBulkWriteError): boolean {
  return error.code === undefined || error.result.getWriteConcernError() !== undefined;
}

function remedyOf(error: unknown): string | null {
  if (error instanceof MongoServerError) return answerRemedyOf(codeOf(error));
  if (error instanceof MongoCompatibilityError)
    return 'the server is too old; MongoDB 4.2 or later';
  if (error instanceof MongoMissingDependencyError)
    return 'it requires a compression or authentication method that is not installed';
  const code = innermostCode(error);
  if (UNTRUSTED.test(code)) return "the server's certificate is not trusted";
  if (code === 'ENOENT') return 'a certificate file that it names cannot be read';
  return isBadUrl(error, code)
    ? 'not a MongoDB URL, or one with unknown or contradictory options'
    : null;
}

function isBadUrl(error: unknown, code: string): boolean {
  if (error instanceof MongoParseError || code === 'ERR_INVALID_URL') return true;
  return error instanceof MongoAPIError && !isUnusable(error);
}

function answerRemedyOf(code: number): string | null {
  if (LOGIN_FAILED.includes(code)) return 'the server refuses this user or password';
  if (code === NOT_ALLOWED) return 'its user may not create indexes; grant readWrite';
  if (OTHER_INDEX.includes(code)) return 'its database has other indexes of the same names';
  return null;
}

function codeOf(error: MongoServerError): number {
  return typeof error.code === 'number' ? error.code : 0;
}

/** The code of the innermost failure: the driver wraps that of the socket. */
function innermostCode(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const inner = innermostCode(error.cause);
  if (inner !== '' || error instanceof MongoAPIError) return inner;
  return systemCode(error) ?? '';
}
