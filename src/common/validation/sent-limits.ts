import type { SentLimits } from './json-as-sent.decorator.js';
import { fieldError } from './validation-error.js';

/** Refuses a value beyond its limits, with 400. */
export function assertWithin(limits: SentLimits | null, value: unknown, path: string): void {
  if (!limits || !isContainer(value)) return;
  const { maxBytes, maxDepth } = limits;
  // First: to write what is nested too deep would overflow the stack.
  if (isDeeper(value, maxDepth)) {
    throw fieldError(path, `must not be nested deeper than ${maxDepth} levels`);
  }
  if (Buffer.byteLength(JSON.stringify(value)) > maxBytes) {
    throw fieldError(path, `must have at most ${maxBytes / 1024} KB as JSON`);
  }
}

/** Level by level, without recursion. */
function isDeeper(value: object, maxDepth: number): boolean {
  let level = [value];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > maxDepth) return true;
    level = level.flatMap((one) => Object.values(one).filter(isContainer));
  }
  return false;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
