import { DEFAULT_OWNER } from '../../../domain/owner.js';

const TEXT = String.raw`"((?:[^"\\]|\\.)*)"`;

/** How our own conversations begin: the default owner is not named. */
const CONVERSATION = new RegExp(
  String.raw`^\s*\{\s*"version"\s*:\s*\d+\s*,\s*(?:"owner"\s*:\s*${TEXT}\s*,\s*)?"id"\s*:`,
);
const GENERATION = new RegExp(String.raw`^\s*\{\s*"version"\s*:[^{}]*?"ownerId"\s*:\s*${TEXT}`);

/**
 * Whose conversation or generation a file is that cannot be read as one, by how it begins; null if that does
 * not tell.
 */
export function writtenOwner(text: string): string | null {
  const conversation = CONVERSATION.exec(text);
  if (conversation)
    return conversation[1] === undefined ? DEFAULT_OWNER : unquoted(conversation[1]);
  const [, owner] = GENERATION.exec(text) ?? [];
  return owner === undefined ? null : unquoted(owner);
}

function unquoted(written: string): string | null {
  try {
    const value: unknown = JSON.parse(`"${written}"`);
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}
