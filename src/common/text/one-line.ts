/**
 * Ends of lines in any script, and what moves to another line or column: tab, vertical tab, form
 * feed, the four separators of ASCII, NEL, line and paragraph separator.
 */
const BREAKS = String.raw`\t-\r\u001c-\u001f\u0085\u2028\u2029`;
const LINE_BREAK = new RegExp(`[${BREAKS}]`, 'u');
const WHITE_SPACE_RUN = new RegExp(`[\\s${BREAKS}]+`, 'gu');

/**
 * Invisible characters that change the characters beside them: soft hyphens, zero-width spaces,
 * marks that turn the direction of writing, invisible operators, annotations, a language tag.
 */
const UNSEEN_FORMAT = String.raw`\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0001}`;
const UNSEEN = new RegExp(`[^\\P{Cc}${BREAKS}]|[${UNSEEN_FORMAT}]`, 'gu');

/** Tags spell the region of a flag (Scotland's, in group 1); anywhere else they are hidden text. */
const TAGS =
  /(\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{2,6}\u{e007f})|[\u{e0020}-\u{e007f}]+/gu;

/** Joiners hold emoji families, Persian and Indic letters together; elsewhere they hold nothing. */
const STRAY_JOINERS =
  /(?<![\p{L}\p{M}\p{N}\p{Extended_Pictographic}\p{Emoji_Modifier}\u200c\u200d])[\u200c\u200d]+/gu;

/** What all of the above have in common, so that most texts are looked at once. */
const TO_CLEAN = /[\p{Cc}\p{Cf}\u2028\u2029]/u;

const VISIBLE = /[^\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]/u;

/**
 * `text` as one trimmed line: a line break with the white space around it is one space, invisible
 * controls are dropped. Signs made of several characters (flags, emoji families, accents) stay whole.
 */
export function oneLine(text: string): string {
  if (!TO_CLEAN.test(text)) return text.trim();
  return text
    .replace(UNSEEN, '')
    .replace(WHITE_SPACE_RUN, (run) => (LINE_BREAK.test(run) ? ' ' : run))
    .replace(TAGS, '$1')
    .replace(STRAY_JOINERS, '')
    .trim();
}

/** Whether a reader would see nothing of `text`: only spaces, fillers, selectors or controls. */
export function isBlank(text: string): boolean {
  return !VISIBLE.test(text);
}
