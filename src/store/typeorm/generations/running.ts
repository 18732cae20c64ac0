/**
 * Condition that a generation which a statement finds by its key still runs. With a plain
 * `finished_at IS NULL` both databases take the index of all that run, which looks small to them, and
 * go over every one of a worker's to find the one; SQLite once for each log of an append.
 */
export const STILL_RUNS = 'COALESCE(finished_at, 0) = 0';
