import { isFields, listIn, refused, textIn, type Fields } from '../../given-fields.js';

/** Kinds of parts that are text, whoever says it. */
const TEXTS = new Set<unknown>(['input_text', 'output_text', 'text']);
const NO_FILES = 'is not supported: this service has no files; give text, or images as data URLs';

/** A part of a message of the user: its text, or the address of an image. */
export type ReadPart = { text: string } | { image: string; field: string };

/** The parts of a message, in order: a string is one. Throws `validation`. */
export function partsIn(message: Fields, name: string, path: string): ReadPart[] {
  const content = message[name];
  const field = `${path}.${name}`;
  if (typeof content === 'string') return [{ text: content }];
  if (!Array.isArray(content)) throw refused(field, 'must be a string or a list of parts');
  return content.map((part: unknown, index) => partOf(part, `${field}[${String(index)}]`));
}

/** The same where only text can be. */
export function onlyTextIn(message: Fields, name: string, path: string): string {
  const texts = partsIn(message, name, path).map((part) => {
    if ('text' in part) return part.text;
    throw refused(part.field, 'images can only be given in messages of the user');
  });
  return texts.join('');
}

function partOf(part: unknown, field: string): ReadPart {
  if (!isFields(part)) throw refused(field, 'must be a part of type input_text or input_image');
  const { type } = part;
  if (TEXTS.has(type)) return { text: required(part, 'text', field) };
  if (type === 'refusal') return { text: required(part, 'refusal', field) };
  if (type === 'input_image') return imageOf(part, field);
  if (type === 'input_file') throw refused(field, NO_FILES);
  throw refused(`${field}.type`, 'must be input_text, output_text, refusal or input_image');
}

function imageOf(part: Fields, path: string): ReadPart {
  const { file_id: file } = part;
  if (file !== undefined && file !== null) throw refused(`${path}.file_id`, NO_FILES);
  return { image: required(part, 'image_url', path), field: `${path}.image_url` };
}

/** What was thought: the whole text where a client has it, else its summary. Throws `validation`. */
export function thinkingIn(item: Fields, path: string): string {
  const [whole, summary] = (['content', 'summary'] as const).map((name) =>
    (listIn(item, name, `${path}.${name}`) ?? []).map((part, index) => {
      const field = `${path}.${name}[${String(index)}]`;
      if (!isFields(part)) throw refused(field, 'must be a part with a text');
      return required(part, 'text', field);
    }),
  );
  const texts = whole?.length ? whole : (summary ?? []);
  return texts.join('\n\n');
}

/** A text that must be there. Throws `validation`. */
export function required(fields: Fields, name: string, path: string): string {
  const text = textIn(fields, name, `${path}.${name}`);
  if (text === undefined) throw refused(`${path}.${name}`, 'is required');
  return text;
}
