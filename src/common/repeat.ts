/**
 * Runs `task` at once and then again and again, `everyMs` after each run has ended; runs never overlap
 * and keep no process alive. `onError` gets what a run rejects with. Returns how to stop it.
 */
export function repeat(
  task: () => Promise<void> | void,
  everyMs: number,
  onError: (error: unknown) => void,
): () => void {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const run = async (): Promise<void> => {
    try {
      await task();
    } catch (error) {
      onError(error);
    }
    if (stopped) return;
    timer = setTimeout(() => void run(), everyMs);
    timer.unref();
  };
  void run();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
