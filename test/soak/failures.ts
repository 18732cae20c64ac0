import type { Front, FrontError } from './front.js';
import type { Outage } from './node.js';

/** nginx tells a second, and a client meets what a process left a moment after it. */
const SLACK_MS = 2_000;
/** nginx tries a node again after this (`fail_timeout`). */
const SHUNNED_MS = 10_000;

/** How often each of them is there. */
export function countOf(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

interface Refusal {
  begun: number;
  at: number;
  what: string;
  reason: string;
}

/** Every answer of 500 and above that any client of this process got, whoever asked. */
export class Refusals {
  readonly all: Refusal[] = [];
  private readonly real = globalThis.fetch;

  constructor() {
    const { real } = this;
    globalThis.fetch = async (...request) => {
      const begun = Date.now();
      const response = await real(...request);
      if (response.status >= 500) void this.note(begun, request, response.clone());
      return response;
    };
  }

  end(): void {
    globalThis.fetch = this.real;
  }

  private async note(
    begun: number,
    [input, init]: Parameters<typeof fetch>,
    response: Response,
  ): Promise<void> {
    const url = input instanceof Request ? input.url : String(input);
    const what = `${init?.method ?? 'GET'} ${new URL(url).pathname}: ${response.status}`;
    const text = await response.text().catch(() => '');
    const [, reason = text.slice(0, 80)] = /"reason":"(\w+)"/.exec(text) ?? [];
    this.all.push({ begun, at: Date.now(), what, reason });
  }
}

/** Answers of 500 and above that no death explains: the model is scripted to refuse some. */
export function unasked({ all }: Refusals, outages: readonly Outage[]): string[] {
  return all
    .filter(({ reason }) => reason !== 'model_unavailable')
    .filter(
      ({ begun, at }) =>
        !outages.some(({ from, until }) => at >= from - SLACK_MS && begun <= until + SLACK_MS),
    )
    .map(({ what, reason, at }) => `5xx ${what} ${reason} at ${new Date(at).toISOString()}`);
}

/** Connections that a node broke or refused while nobody had killed anything of it. */
export function unexplained(front: Front, outages: readonly Outage[]): string[] {
  return front
    .failures()
    .filter((error) => !outages.some((outage) => explains(outage, error)))
    .map(({ text, at }) => `nginx at ${new Date(at).toISOString()}: ${text}`);
}

function explains({ port, from, until }: Outage, { at, port: about }: FrontError): boolean {
  const begun = at >= from - SLACK_MS;
  if (about === null) return begun && at <= until + SHUNNED_MS;
  return about === port && begun && at <= until + SLACK_MS;
}
