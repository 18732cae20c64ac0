import type { assembleSettings } from './assemble.js';

export type { ApiKey } from './parsers/api-keys.js';
export type { StorageTarget } from './schema/history.js';

/**
 * All settings, by namespace. Names and types follow from the schema in `schema/`. Times are
 * milliseconds, regardless of the variable's unit; null means "no limit" or "not set".
 */
export type Settings = {
  readonly [Namespace in keyof Assembled]: Readonly<Assembled[Namespace]>;
};

type Assembled = ReturnType<typeof assembleSettings>;

/** Freezes a tree of plain objects and arrays; buffers cannot be frozen and are skipped. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const inner of Object.values(value)) deepFreeze<unknown>(inner);
  return Object.freeze(value);
}
