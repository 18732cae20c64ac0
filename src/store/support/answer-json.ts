import type { Message } from '../../domain/conversation.js';
import type { AnswerParts } from '../../domain/parts.js';
import type { AnswerReport } from '../../domain/report.js';

/** What a message has beside its text: at most one of these, by its role. */
export type Beside = Pick<Message, 'parts' | 'images' | 'toolAnswer'>;

const NOTHING: Beside = { parts: null, images: null, toolAnswer: null };

/**
 * What an answer has beside its text, as databases store it: as JSON text. A model's arguments may have
 * any names, and not every database takes each of them for a field.
 */
export function encodeJson(value: AnswerParts | AnswerReport | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

export function decodeParts(json: string | null | undefined): AnswerParts | null {
  return json ? (JSON.parse(json) as AnswerParts) : null;
}

export function decodeReport(json: string | null | undefined): AnswerReport | null {
  return json ? (JSON.parse(json) as AnswerReport) : null;
}

/** The same of a message of any role: an answer's parts are written as above. */
export function encodeBeside({ parts, images, toolAnswer }: Partial<Beside>): string | null {
  if (parts) return JSON.stringify(parts);
  if (images) return JSON.stringify({ images });
  return toolAnswer ? JSON.stringify({ toolAnswer }) : null;
}

export function decodeBeside(json: string | null | undefined): Beside {
  if (!json) return NOTHING;
  const value = JSON.parse(json) as AnswerParts | Partial<Beside>;
  return 'list' in value ? { ...NOTHING, parts: value } : { ...NOTHING, ...value };
}
