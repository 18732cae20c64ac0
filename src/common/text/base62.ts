/** In the order of their values. */
export const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A whole number in base 62, padded with `0` to `digits`. */
export function toBase62(value: number, digits: number): string {
  let text = '';
  for (let rest = value; rest > 0; rest = Math.floor(rest / BASE62.length))
    text = (BASE62[rest % BASE62.length] ?? '') + text;
  return text.padStart(digits, '0');
}
