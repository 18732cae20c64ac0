import { isBlank } from '../../common/text/one-line.js';
import { titleOf } from '../title.js';

/** Code units of a line that are looked at: what is longer is cut anyway. */
const LONGEST_LINE = 400;

/** Thinking at the head, closed or not; a template may have opened it before the answer. */
const THINKING = /^\s*<(think|thinking)>[\s\S]*?(<\/\1>|$)/i;
const END_OF_THINKING = /^[\s\S]*<\/(?:think|thinking)>/i;

const LINE_END = /\r\n|[\n\r\u0085\u2028\u2029]/;
/** Between two lines: a rule, a fence of code. */
const NO_TEXT = /^(?:```.*|~~~.*|[-*_=#>\s]+)$/;

/** Headings, quotations, items of lists. */
const MARK = /^(?:#{1,6}\s+|>\s*|[-*+•–—]\s+|\d{1,2}[.)]\s+|\(?[a-z]\)\s+)/iu;
/** `Title:` in some languages, with at most three words before it: `Here is a title:`. */
const LABEL =
  /^(?:[\p{L}’']+\s+){0,3}(?:title|titel|titre|título|titulo|titolo|tytuł|название|заголовок|başlık|otsikko|rubrik|overskrift|judul|标题|標題|タイトル|제목|عنوان|शीर्षक)\s*[:：]\s*/iu;

const PAIRS: readonly (readonly [string, string])[] = [
  ['"', '"'],
  ["'", "'"],
  ['“', '”'],
  ['”', '”'],
  ['„', '“'],
  ['„', '”'],
  ['‘', '’'],
  ['‚', '‘'],
  ['«', '»'],
  ['»', '«'],
  ['‹', '›'],
  ['「', '」'],
  ['『', '』'],
  ['《', '》'],
  ['**', '**'],
  ['__', '__'],
  ['~~', '~~'],
  ['*', '*'],
  ['_', '_'],
  ['`', '`'],
];

/** Markdown between words; what names contain (`snake_case`, `C*`) is left. */
const INLINE: readonly [RegExp, string][] = [
  [/!?\[([^\]]*)\]\([^)]*\)/g, '$1'],
  [/\*\*(?=\S)(.+?)\*\*/g, '$1'],
  [/(?<![\w*])\*(?=\S)([^*]+?)(?<=\S)\*(?![\w*])/g, '$1'],
  [/~~(?=\S)(.+?)~~/g, '$1'],
  [/`+([^`]+)`+/g, '$1'],
];

/**
 * The title in a model's answer: its first line with text, without quotation marks, Markdown, list
 * marks, labels and thinking, by the rules of titles. Null where there is none.
 */
export function titleIn(answer: string): string | null {
  const text = answer.replace(THINKING, '').replace(END_OF_THINKING, '');
  for (const line of text.split(LINE_END)) {
    const title = cleaned(line.trim().slice(0, LONGEST_LINE));
    if (!isBlank(title)) return titleOf(title);
  }
  return null;
}

function cleaned(line: string): string {
  if (NO_TEXT.test(line)) return '';
  let title = line;
  for (let before = ''; before !== title;) {
    before = title;
    title = unwrapped(title.replace(MARK, '').replace(LABEL, '').trim());
    for (const [pattern, text] of INLINE) title = title.replace(pattern, text);
  }
  return withoutOpening(title.trim());
}

/** Without a pair of marks around the whole of it. */
function unwrapped(title: string): string {
  for (const [open, close] of PAIRS) {
    const isWrapped =
      title.length > open.length + close.length - 1 &&
      title.startsWith(open) &&
      title.endsWith(close);
    if (!isWrapped) continue;
    const inner = title.slice(open.length, -close.length);
    // Two quotations side by side are no pair around the whole.
    if (!inner.includes(open) && !inner.includes(close)) return inner.trim();
  }
  return title;
}

/** An answer that was cut at its last token has opened what it did not close. */
function withoutOpening(title: string): string {
  const pair = PAIRS.find(([open]) => title.startsWith(open));
  if (!pair || title.includes(pair[1], pair[0].length)) return title;
  return title.slice(pair[0].length).trim();
}
