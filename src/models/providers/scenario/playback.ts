import { setImmediate as loopTurn } from 'node:timers/promises';
import { AppError } from '../../../common/errors/app-error.js';
import type { CancelSignal } from '../../../domain/cancellation.js';
import type { AskedTurn, TokenSink } from '../../../domain/model.js';
import type { ScenarioFailure, ScenarioStep } from '../../../domain/scenario.js';
import { contextExceeded, invalid, modelNotFound, modelSilent } from '../../model-errors.js';
import { TextCleaner } from '../../transport/text-cleaner.js';
import { pause } from './pause.js';

/** Tokens without a pace that are played before other work has its turn. */
const AT_ONCE = 100;

/** Whom a play is for, and where it goes. */
interface Stage {
  asked: AskedTurn;
  /** Of the model. */
  paceMs: number;
  sink: TokenSink;
  signal: CancelSignal;
}

type Step<Does extends ScenarioStep['does']> = Extract<ScenarioStep, { does: Does }>;

/** One play of a reply. */
export class Playback {
  /** Tokens of text and thinking so far. */
  tokens = 0;
  private calls: number;
  private readonly cleaner = new TextCleaner();
  private readonly thinkingCleaner = new TextCleaner();

  constructor(private readonly stage: Stage) {
    this.calls = stage.asked.toolCalls;
  }

  /** Rejects with the failure of a step, with the signal's reason, or with what the sink threw. */
  async play(steps: readonly ScenarioStep[]): Promise<void> {
    // As with any server, nothing comes before the caller goes on.
    await this.breathe();
    for (const step of steps) await this.step(step);
    this.endText();
    this.stage.sink.flush();
  }

  private async step(step: ScenarioStep): Promise<void> {
    const { signal } = this.stage;
    switch (step.does) {
      case 'say':
        return this.say(step);
      case 'wait':
        return pause(step.ms, signal);
      case 'call':
        this.call(step);
        return;
      case 'fail':
        throw failureOf(step.reason);
      case 'drop':
        if (step.whom === 'model') throw brokenOff();
        return this.cutReaders();
    }
  }

  private async say({ as, tokens, paceMs, repeat }: Step<'say'>): Promise<void> {
    const { sink, signal } = this.stage;
    const pace = paceMs ?? this.stage.paceMs;
    const pieces = this.piecesOf(tokens);
    for (let time = 0; time < repeat; time += 1) {
      for (const piece of pieces) {
        if (pace > 0) await pause(pace, signal);
        this.push(as, piece);
        this.tokens += 1;
        if (pace > 0) sink.flush();
        else if (this.tokens % AT_ONCE === 0) await this.breathe();
      }
    }
    sink.flush();
  }

  /** A text word by word, each with the space before it; a list without its empty items. */
  private piecesOf(tokens: string | readonly string[]): readonly string[] {
    if (typeof tokens === 'string') return this.filled(tokens).match(/\s*\S+|\s+$/g) ?? [];
    return tokens.map((token) => this.filled(token)).filter((token) => token !== '');
  }

  /** With what was asked in the places for it. */
  private filled(text: string): string {
    const { message, turn } = this.stage.asked;
    const values: Record<string, string> = { message: message ?? '', turn: String(turn) };
    return text.replace(/\{\{(message|turn)\}\}/g, (_, name: string) => values[name] ?? '');
  }

  private push(as: 'text' | 'thinking', piece: string): void {
    const { sink } = this.stage;
    if (as === 'thinking') {
      this.giveText(this.cleaner.rest());
      const thinking = this.thinkingCleaner.take(piece);
      if (thinking !== '') sink.thinking(thinking);
    } else {
      this.giveThinking(this.thinkingCleaner.rest());
      this.giveText(this.cleaner.take(piece));
    }
  }

  private call({ name, arguments: given }: Step<'call'>): void {
    const { sink } = this.stage;
    this.endText();
    this.calls += 1;
    sink.toolCall({ id: `call_${String(this.calls)}`, name, arguments: given });
    sink.flush();
  }

  /** What was played before reaches them first. */
  private async cutReaders(): Promise<void> {
    const { sink, signal } = this.stage;
    await this.breathe();
    await sink.cutReaders?.();
    signal.throwIfAborted();
  }

  private async breathe(): Promise<void> {
    this.stage.sink.flush();
    await loopTurn();
    this.stage.signal.throwIfAborted();
  }

  /** Half a character that nothing follows. */
  private endText(): void {
    this.giveThinking(this.thinkingCleaner.rest());
    this.giveText(this.cleaner.rest());
  }

  private giveText(text: string): void {
    if (text !== '') this.stage.sink.token(text);
  }

  private giveThinking(text: string): void {
    if (text !== '') this.stage.sink.thinking(text);
  }
}

const FAILURES: Record<ScenarioFailure, () => AppError> = {
  model_unavailable: () => unavailable('The model is not available'),
  model_silent: modelSilent,
  model_not_found: modelNotFound,
  context_exceeded: contextExceeded,
  validation: () => invalid({ field: 'message', message: 'is refused by this scenario' }),
};

const failureOf = (reason: ScenarioFailure): AppError => FAILURES[reason]();

const brokenOff = (): AppError => unavailable('The model broke off the answer');

function unavailable(message: string): AppError {
  return new AppError('model_unavailable', message, { cause: new Error('The scenario says so') });
}
