const UNITS = ['KB', 'MB', 'GB', 'TB'] as const;

/** Bytes as people read them: decimal units, one decimal (`3.8GB`); below 1,000 whole bytes. */
export function readableSize(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)}B`;
  let value = bytes / 1000;
  let unit = 0;
  // 999.95 would be printed as 1000.0.
  while (value >= 999.95 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(1)}${UNITS[unit] ?? 'TB'}`;
}
