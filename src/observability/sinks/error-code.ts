/** The system's short name of a failure: `EAGAIN`. */
export function errorCode(error: unknown): string {
  const named = typeof error === 'object' && error !== null && 'code' in error;
  return named && typeof error.code === 'string' ? error.code : 'unknown';
}
