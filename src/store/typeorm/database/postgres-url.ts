import { StoreStartError } from '../../store.js';

/** What `sslmode` means to PostgreSQL's own clients, tried in order. */
const MODES: Record<string, readonly string[]> = {
  disable: ['disable'],
  allow: ['disable', 'require'],
  prefer: ['require', 'disable'],
  require: ['require'],
  'no-verify': ['require'],
  'verify-ca': ['verify-ca'],
  'verify-full': ['verify-full'],
};

/**
 * The URLs to try, the first that the server takes winning. The driver by itself verifies
 * certificates for `require`, knows no `allow`, and does not fall back for `prefer`.
 *
 * @throws {@link StoreStartError} for an `sslmode` that does not exist
 */
export function connectionUrls(url: string): string[] {
  const parsed = new URL(url);
  const mode = parsed.searchParams.get('sslmode');
  if (mode === null) return [url];
  const attempts = MODES[mode];
  if (!attempts)
    throw new StoreStartError(`HISTORY_DB_URL: sslmode is one of ${Object.keys(MODES).join(', ')}`);
  return attempts.map((attempt) => {
    parsed.searchParams.set('sslmode', attempt);
    parsed.searchParams.set('uselibpqcompat', 'true');
    return parsed.href;
  });
}
