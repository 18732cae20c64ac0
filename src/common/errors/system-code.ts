/** The `code` of a failure of the system or of a driver (`ENOENT`): it says nothing about paths or values. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
