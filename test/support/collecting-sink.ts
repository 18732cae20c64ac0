import type { GivenToolCall, TokenSink } from '../../src/domain/model.js';

/** A TokenSink that keeps what it is given, and lets a test wait for it. */
export class CollectingSink implements TokenSink {
  readonly tokens: string[] = [];
  readonly thoughts: string[] = [];
  readonly toolCalls: GivenToolCall[] = [];
  /** What was given, kind by kind. */
  readonly order: ('text' | 'thinking' | 'call')[] = [];
  flushes = 0;
  private waiting: (() => void)[] = [];

  token(text: string): void {
    this.tokens.push(text);
    this.order.push('text');
  }

  thinking(text: string): void {
    this.thoughts.push(text);
    this.order.push('thinking');
  }

  toolCall(call: GivenToolCall): void {
    this.toolCalls.push(call);
    this.order.push('call');
  }

  flush(): void {
    this.flushes += 1;
    for (const wake of this.waiting.splice(0)) wake();
  }

  get text(): string {
    return this.tokens.join('');
  }

  /** Resolves once there are at least `count` tokens. */
  async reached(count: number): Promise<void> {
    while (this.tokens.length < count) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }
}
