/** Between texts of the system that become one. */
const TEXT_BREAK = '\n\n';

/** Texts of the system as one; an empty one says nothing. Null where none says anything. */
export function systemText(texts: readonly string[]): string | null {
  const said = texts.filter((text) => text !== '');
  return said.length === 0 ? null : said.join(TEXT_BREAK);
}
