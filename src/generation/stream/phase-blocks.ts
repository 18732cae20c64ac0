import type { EventLog } from '../live/event-log.js';
import type { Phases, PhaseState } from '../phases.js';

/** In this order, each once; `queued` again when the place in the queue changes. */
const ORDER: readonly PhaseState['phase'][] = [
  'queued',
  'loading',
  'prompt',
  'thinking',
  'generating',
];

interface Pending {
  /** Number of the event after which it is written. */
  after: number;
  text: string;
}

/** The blocks that say in which phase a generation is, among the events of one reader. */
export class PhaseBlocks {
  private readonly pending: Pending[] = [];
  private last: PhaseState | null = null;
  readonly stopListening: () => void;

  /**
   * @param encode the block of a phase
   * @param wake called when a block was added
   */
  constructor(
    private readonly phases: Phases,
    private readonly log: EventLog,
    private readonly encode: (state: PhaseState) => string,
    wake: () => void,
  ) {
    this.look(0);
    this.stopListening = phases.onChange(() => {
      if (this.look(log.tokenCount)) wake();
    });
  }

  /** Number of the last event that may be written before the next block. */
  get limit(): number {
    return this.pending[0]?.after ?? Infinity;
  }

  /** The next block, if it is written after event `seq`; null otherwise. */
  due(seq: number): string | null {
    return this.limit <= seq ? (this.pending.shift()?.text ?? null) : null;
  }

  private look(after: number): boolean {
    const state = this.phases.current();
    if (!state || this.log.terminal || !this.isNews(state)) return false;
    this.last = state;
    this.pending.push({ after, text: this.encode(state) });
    return true;
  }

  private isNews({ phase, position }: PhaseState): boolean {
    const { last } = this;
    if (!last) return true;
    if (phase === 'queued') return last.phase === 'queued' && position !== last.position;
    return ORDER.indexOf(phase) > ORDER.indexOf(last.phase);
  }
}
