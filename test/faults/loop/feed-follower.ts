import { setTimeout as delay } from 'node:timers/promises';
import { StreamReader, type StreamEvent } from '../../support/stream-reader.js';
import type { Listening } from './fleet.js';
import type { Random } from './random.js';
import { ask } from './wire.js';

/** A change as a reader was told it. */
export interface ToldChange {
  cursor: string;
  type: string;
  conversationId: string;
  revision: number;
  generationId: string | null;
}

/** How long a reader waits for the end of what there is to tell, once the storm is over. */
const CALM_MS = 10_000;

/** Somebody who follows `GET /api/events` through every kill, on whichever process lives. */
export class FeedFollower {
  readonly told: ToldChange[] = [];
  private cursor: string | null = null;
  private leave: () => void = () => undefined;
  private readyAt = 0;

  constructor(
    private readonly random: Random,
    private readonly fleet: Listening,
    private readonly oddities: string[],
  ) {}

  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.read(stop).catch(() => undefined);
      await delay(20);
    }
  }

  /** Reads on until all that was kept is told. */
  async finish(): Promise<void> {
    const begun = performance.now();
    const read = this.read(AbortSignal.timeout(CALM_MS)).catch(() => undefined);
    while (this.readyAt < begun && performance.now() - begun < CALM_MS) await delay(20);
    if (this.readyAt < begun) this.oddities.push('I27 A reader of the feed never became ready');
    this.leave();
    await read;
  }

  private async read(stop: AbortSignal): Promise<void> {
    if (this.fleet.urls.length === 0) return;
    const base = this.random.pick(this.fleet.urls);
    const query = this.cursor === null ? '' : `?after=${this.cursor}`;
    const reader = await StreamReader.open(`${base}/api/events${query}`);
    const { status } = reader.response;
    if (status === 400) this.oddities.push(`I27 ${String(this.cursor)} was refused`);
    this.leave = () => reader.leave();
    if (status !== 200 || stop.aborted) {
      this.leave();
      return;
    }
    const { leave } = this;
    stop.addEventListener('abort', leave);
    try {
      for (let event = await reader.next(); event; event = await reader.next()) this.take(event);
    } finally {
      stop.removeEventListener('abort', leave);
    }
  }

  private take({ cursor, data }: StreamEvent): void {
    if (data.type === 'reset')
      this.oddities.push('I27 A reader of the feed was told to begin anew');
    if (data.type === 'ready') this.readyAt = performance.now();
    this.cursor = cursor ?? this.cursor;
    if (cursor === null || data.type === 'ready') return;
    this.told.push({
      cursor,
      type: data.type,
      conversationId: data.conversation_id,
      revision: data.revision,
      generationId: data.generation_id ?? null,
    });
  }
}

/**
 * I27: both readers were told the same, nothing twice, each conversation's changes in the order of its
 * revisions; of each that is there its beginning, and of each answer in it its beginning and its end.
 */
export async function feedIsWhole(
  [first, second]: readonly [FeedFollower, FeedFollower],
  base: string,
): Promise<string[]> {
  const { told } = first;
  const findings: string[] = [];
  const cursors = told.map(({ cursor }) => cursor);
  if (new Set(cursors).size !== cursors.length) findings.push('I27 A change was told twice');
  const other = second.told.map(({ cursor }) => cursor);
  const from = other.indexOf(cursors[0] ?? '');
  if (from > 0 || JSON.stringify(other) !== JSON.stringify(cursors))
    findings.push(`I27 Two readers were told differently: ${cursors.length} and ${other.length}`);
  const byConversation = new Map<string, ToldChange[]>();
  for (const change of told) {
    const list = byConversation.get(change.conversationId) ?? [];
    const last = list.at(-1);
    if (last && last.revision > change.revision)
      findings.push(`I27 ${change.conversationId} went back to revision ${change.revision}`);
    if (last?.type === 'conversation.deleted')
      findings.push(`I27 ${change.conversationId} changed after its deletion`);
    byConversation.set(change.conversationId, [...list, change]);
  }
  for (const conversation of await everyConversation(base)) {
    const list = byConversation.get(conversation.id) ?? [];
    const count = (type: string, generation?: string) =>
      list.filter(
        (change) =>
          change.type === type && (generation === undefined || change.generationId === generation),
      ).length;
    if (count('conversation.created') !== 1)
      findings.push(`I27 ${conversation.id} was made ${count('conversation.created')} times`);
    const generations = conversation.messages.flatMap(
      (message: any) => message.generation_id ?? [],
    );
    for (const id of generations)
      for (const type of ['generation.started', 'generation.ended'])
        if (count(type, id) !== 1)
          findings.push(`I27 ${type} of ${id} was told ${count(type, id)} times`);
  }
  return findings;
}

async function everyConversation(base: string): Promise<any[]> {
  const all: any[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query: string = cursor && `&cursor=${cursor}`;
    const page = await ask('GET', `${base}/api/history?limit=100&archived=all${query}`);
    if (page?.status !== 200) throw new Error('A service that nobody killed did not answer');
    for (const { id } of page.body.conversations)
      all.push((await ask('GET', `${base}/api/history/${id}?branch=all`))?.body);
    cursor = page.body.next_cursor;
  }
  return all;
}
