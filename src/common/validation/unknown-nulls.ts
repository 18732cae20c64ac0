import { isKnownField, nestedTypeOf } from './nested-object.decorator.js';
import { WITHOUT_EFFECT } from './request-values.js';
import { fieldError } from './validation-error.js';

/**
 * Refuses a field of `value` that the DTO class `type` does not know though it is null. Call it
 * before null fields are removed, because their names are needed.
 */
export function refuseUnknownNulls(value: unknown, type: object | undefined, path = ''): void {
  if (typeof value !== 'object' || value === null || !type) return;
  if (Array.isArray(value)) {
    value.forEach((item, index) => refuseUnknownNulls(item, type, `${path}[${index}]`));
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    const here = path ? `${path}.${key}` : key;
    if (inner !== null) refuseUnknownNulls(inner, nestedTypeOf(type, key), here);
    else if (!isKnownField(type, key) && !WITHOUT_EFFECT.has(key)) {
      throw fieldError(here, 'unknown field');
    }
  }
}
