import type { NewImage } from '../domain/image.js';
import type { OutputFormat } from '../domain/model.js';
import type { Truncation } from '../domain/report.js';
import type { CallRule } from './call-rule.js';
import type { AnswerWish } from './chat-command.js';
import type { SpokenMessage } from './prompt/turns.js';

/** A message that a client keeps itself, of any role. */
export type GivenMessage = SpokenMessage;

/** A client's request for an answer to messages that it keeps itself. */
export interface StatelessCommand extends AnswerWish {
  model: string | null;
  /** All that the model is told, in order. */
  messages: readonly GivenMessage[];
  /** The images of the messages, by id: they are in memory until the model has them. */
  images: ReadonlyMap<string, NewImage>;
  /** What happens to the oldest messages where not all fit; left out: `error`. */
  truncation?: Truncation;
  /** The context window at most, in tokens; left out or null: the model's. */
  contextTokens?: number | null;
  /** Tokens that the answer may have; null: what the context leaves. */
  maxTokens: number | null;
  /** Null: text. */
  format: OutputFormat | null;
  calls: CallRule | null;
  /** What the wire needs to write the answer again, as JSON; null: nothing. */
  echo: string | null;
}
