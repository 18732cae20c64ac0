/**
 * A repeated signal within this time is ignored: a terminal sends Ctrl-C to all processes, and npm
 * forwards it too.
 */
const SAME_SIGNAL_MS = 1_000;

interface StopListener {
  /** The first signal: the service shuts down gracefully. */
  begin(signal: NodeJS.Signals): void;
  /** A later signal: the service exits at once. */
  atOnce(): void;
}

/** Distinguishes the first signal to stop from a repeat and from a later one. */
export class StopSignals {
  private firstAt: number | null = null;

  constructor(
    private readonly listener: StopListener,
    private readonly now: () => number = () => performance.now(),
  ) {}

  received(signal: NodeJS.Signals): void {
    const now = this.now();
    if (this.firstAt === null) {
      this.firstAt = now;
      this.listener.begin(signal);
    } else if (now - this.firstAt > SAME_SIGNAL_MS) {
      this.listener.atOnce();
    }
  }
}

/**
 * Listens for SIGTERM and SIGINT, and without a file that is rotated for SIGHUP, which then means that
 * the terminal was closed.
 */
export function onStopSignals(
  log: { readonly file: string | null; readonly auditFile: string | null },
  listener: StopListener,
): void {
  const signals = new StopSignals(listener);
  const names: NodeJS.Signals[] = ['SIGTERM', 'SIGINT'];
  if (log.file === null && log.auditFile === null) names.push('SIGHUP');
  for (const name of names) process.on(name, () => signals.received(name));
}
