/** Reports the state of one thing that the service depends on. */
export abstract class Indicator<State extends string> {
  /** Name of the dependency in the readiness response. */
  abstract readonly name: string;
  /** Its state before the first check has ended, and when one fails or takes too long. */
  abstract readonly worst: State;

  abstract check(): Promise<State>;

  /** What an operator should do about this state, as a log message; null: nothing. */
  remedy(_state: State): string | null {
    return null;
  }
}
