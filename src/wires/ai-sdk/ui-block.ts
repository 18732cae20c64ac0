/** A chunk as a block of the UI message stream. */
export function uiBlock(chunk: object): string {
  return `data: ${JSON.stringify(chunk)}\n\n`;
}
