import type { Think } from '../domain/model.js';
import { isGiven, refused } from './given-fields.js';

const EFFORTS = new Map<unknown, Think>([
  ['none', false],
  ['minimal', 'low'],
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
  ['xhigh', 'high'],
  ['max', 'high'],
]);

/** How much a client wants the model to think; undefined where it does not say. Throws `validation`. */
export function thinkOf(effort: unknown, field: string): Think | undefined {
  if (!isGiven(effort)) return undefined;
  const think = EFFORTS.get(effort);
  if (think !== undefined) return think;
  throw refused(field, `must be one of ${[...EFFORTS.keys()].join(', ')}`);
}
