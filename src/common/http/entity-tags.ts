import { invalidField } from '../errors/app-error.js';

/** `"4"` or `W/"4"`, between commas. */
const TAG = /\s*(W\/)?"([!#-~\u0080-\u00ff]*)"\s*(,|$)/y;

interface EntityTag {
  value: string;
  weak: boolean;
}

/**
 * The revisions that `If-Match` allows, as RFC 9110 compares them: weak tags never match, and `*` is any
 * revision, which is null as a missing header is. Throws `validation` for what is no list of tags.
 */
export function expectedRevisions(ifMatch: string | undefined): number[] | null {
  if (ifMatch === undefined || ifMatch.trim() === '*') return null;
  const tags = parseTags(ifMatch);
  if (!tags) throw invalidField({ field: 'If-Match', message: 'must be entity tags, or *' });
  return tags.flatMap(({ value, weak }) =>
    !weak && /^\d{1,15}$/.test(value) ? [Number(value)] : [],
  );
}

/**
 * Whether a client has what a tag stands for, as its `If-None-Match` says; compared as RFC 9110 has it
 * for this header: a weak tag is as good.
 */
export function hasAlready(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}

function parseTags(header: string): EntityTag[] | null {
  const tags: EntityTag[] = [];
  TAG.lastIndex = 0;
  while (TAG.lastIndex < header.length) {
    const match = TAG.exec(header);
    if (!match) return null;
    tags.push({ value: match[2] ?? '', weak: match[1] !== undefined });
    if (match[3] === '') return tags;
  }
  return null;
}
