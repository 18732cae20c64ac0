type Given<T> = { [Name in keyof T]: Exclude<T[Name], undefined> };

/** The fields of a DTO that were sent: one that was not has the value undefined. */
export function onlyGiven<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Given<T>;
}
