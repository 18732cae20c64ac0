interface Waiting<Call, Result> {
  call: Call;
  resolve: (result: Result | Promise<Result>) => void;
  reject: (error: unknown) => void;
}

/** Serves calls of one subject together; a result for each, in their order, or what will be it. */
type Serve<Call, Result> = (
  subject: string,
  calls: readonly Call[],
) => Promise<readonly (Result | Promise<Result>)[]>;

/**
 * One run at a time for each subject: calls of one turn of the event loop, or those that come while a run is
 * made, wait, hold nothing, and are served together. If a run fails, its calls fail. It is over once it has
 * a result or a promise for each: what is only promised holds nobody back.
 */
export class CallGroups<Call, Result> {
  /** Calls that no run has taken yet, of each subject that is being served or will be. */
  private readonly waiting = new Map<string, Waiting<Call, Result>[]>();

  /** @param limit how many calls a run serves at most */
  constructor(
    private readonly limit: number,
    private readonly serve: Serve<Call, Result>,
  ) {}

  run(subject: string, call: Call): Promise<Result> {
    return new Promise((resolve, reject) => {
      const waiting = this.waiting.get(subject);
      if (waiting) waiting.push({ call, resolve, reject });
      else this.begin(subject, [{ call, resolve, reject }]);
    });
  }

  private begin(subject: string, waiting: Waiting<Call, Result>[]): void {
    this.waiting.set(subject, waiting);
    setImmediate(() => void this.serveAll(subject, waiting));
  }

  private async serveAll(subject: string, waiting: Waiting<Call, Result>[]): Promise<void> {
    while (waiting.length > 0) await this.serveSome(subject, waiting.splice(0, this.limit));
    this.waiting.delete(subject);
  }

  private async serveSome(subject: string, group: readonly Waiting<Call, Result>[]): Promise<void> {
    try {
      const results = await this.serve(
        subject,
        group.map(({ call }) => call),
      );
      for (const [index, result] of results.entries()) group[index]?.resolve(result);
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}
