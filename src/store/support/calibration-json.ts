/** Factors as a store gives them: what is no number is left out. */
export function factorsOf(value: unknown): Record<string, number> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, number] => Number.isFinite(entry[1])),
  );
}

/** The same of JSON; none if it is none. */
export function factorsIn(json: string): Record<string, number> {
  try {
    return factorsOf(JSON.parse(json));
  } catch {
    return {};
  }
}
