/** The text behind its percent-encoding; undefined where that is not UTF-8, or no percent-encoding. */
export function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
