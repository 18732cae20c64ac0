import { Injectable } from '@nestjs/common';
import { fullModelName } from '../../domain/model-name.js';
import type { TokenCalibration } from '../../domain/token-calibration.js';
import { ConversationCalibration, type Calibration } from './calibration.js';
import { LastPrompts } from './last-prompts.js';
import { ModelFactors } from './model-factors.js';

/** Models that are remembered. */
const MOST_MODELS = 500;

/** What is known of how models count tokens, in this process. */
@Injectable()
export class TokenCalibrations {
  private readonly models = new Map<string, ModelFactors>();
  private readonly lastPrompts = new LastPrompts();

  /** The calibration of one turn. */
  of(modelName: string, conversation: { ownerId: string; conversationId: string }): Calibration {
    const model = fullModelName(modelName);
    const key = `${conversation.ownerId} ${conversation.conversationId}`;
    return new ConversationCalibration(this.factorsOf(model), this.lastPrompts, {
      model,
      conversation: key,
    });
  }

  /** Takes what is stored, but for models of which more was learnt here since. */
  take(stored: readonly TokenCalibration[]): void {
    for (const { model, factors } of stored) {
      const known = this.factorsOf(model);
      if (!known.isChanged) known.fromStore(factors);
    }
  }

  /** What was learnt and is not stored; it counts as stored from now on. */
  unstored(): TokenCalibration[] {
    return [...this.models]
      .filter(([, factors]) => factors.isChanged)
      .map(([model, factors]) => ({ model, factors: factors.toStore() }));
  }

  /** They could not be stored. */
  notStored(calibrations: readonly TokenCalibration[]): void {
    for (const { model } of calibrations) this.models.get(model)?.notStored();
  }

  private factorsOf(model: string): ModelFactors {
    const factors = this.models.get(model) ?? new ModelFactors();
    this.models.delete(model);
    this.models.set(model, factors);
    const [oldest] = this.models.keys();
    if (this.models.size > MOST_MODELS && oldest !== undefined) this.models.delete(oldest);
    return factors;
  }
}
