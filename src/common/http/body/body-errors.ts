import { AppError } from '../../errors/app-error.js';

const KIB = 1024;
const MIB = KIB * KIB;

/** A body that is wrong: `message` follows "the body". */
export function invalidBody(message: string): AppError {
  return new AppError('validation', `Invalid request: the body ${message}`, {
    details: [{ field: 'body', message }],
  });
}

export function bodyTooLarge(maxBytes: number): AppError {
  return new AppError('body_too_large', `The body is larger than ${sizeText(maxBytes)}`);
}

/** For a body that is not JSON on a route that requires JSON. */
export function notJson(): AppError {
  return new AppError('validation', 'The body is not JSON: send Content-Type: application/json', {
    details: [{ field: 'body', message: 'must be sent with Content-Type: application/json' }],
  });
}

/** No client reads this error: the client disconnected before its request was complete. */
export function requestAborted(): AppError {
  return new AppError('validation', 'The request broke off before its end');
}

function sizeText(bytes: number): string {
  return bytes % MIB === 0 ? `${bytes / MIB} MiB` : `${Math.floor(bytes / KIB)} KiB`;
}
