/** A key or a token as a request brings it. */
export interface Credential {
  readonly text: string;
  /** Whether it stands in `Authorization: Bearer`; the only place for a token. */
  readonly isBearer: boolean;
}

/**
 * The different credentials of a request, in all its `Authorization` and `X-Api-Key` headers: one
 * extractor, so that no check can be passed by choosing another header. Node itself keeps only the
 * first `Authorization` of several.
 */
export function presentedCredentials(rawHeaders: readonly string[]): Credential[] {
  const found = new Map<string, boolean>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const header = rawHeaders[index] ?? '';
    const text = credentialIn(header, rawHeaders[index + 1] ?? '');
    if (text) found.set(text, (found.get(text) ?? false) || header.length === BEARER_HEADER.length);
  }
  return Array.from(found, ([text, isBearer]) => ({ text, isBearer }));
}

const BEARER_HEADER = 'authorization';
const KEY_HEADER = 'x-api-key';

/** The length alone rules out most headers. */
function credentialIn(header: string, value: string): string | undefined {
  if (header.length === KEY_HEADER.length && header.toLowerCase() === KEY_HEADER)
    return value.trim();
  if (header.length !== BEARER_HEADER.length || header.toLowerCase() !== BEARER_HEADER)
    return undefined;
  return /^Bearer +(\S+) *$/i.exec(value)?.[1];
}
