/**
 * Condition that a generation which a statement finds by its key still runs. With a plain
 * `finished_at IS NULL` PostgreSQL takes the index of all that run, which looks small to it, and goes
 * over every one of them to find the one.
 */
export const STILL_RUNS = 'COALESCE(finished_at, 0) = 0';
