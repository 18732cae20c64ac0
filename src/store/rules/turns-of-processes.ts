/** The last turn of any process, as a store keeps it: texts of one length, in the order of their times. */
export function turnText(time: number): string {
  return String(Math.max(0, Math.floor(time))).padStart(15, '0');
}

/**
 * The last turn does not count if it was before `from`, or after `to`: a clock that went ahead does not
 * stop the others.
 */
export function turnsThatCount(now: number, pauseMs: number): { from: string; to: string } {
  return { from: turnText(now - pauseMs), to: turnText(now + pauseMs) };
}
