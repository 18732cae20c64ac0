/** Tells the state of one thing that the service depends on. */
export abstract class Indicator<State extends string> {
  /** As the readiness answer names the dependency. */
  abstract readonly name: string;
  /** What is said before the first check has ended, and when one fails or takes too long. */
  abstract readonly worst: State;

  abstract check(): Promise<State>;
}
