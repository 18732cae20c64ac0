import type { AnswerParts } from '../../domain/parts.js';
import type { AnswerReport } from '../../domain/report.js';

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
