import type { Usage } from './conversation.js';

/** What models play that answer as a file says, for tests. */
export interface Scenario {
  /** In the file's order. */
  readonly models: readonly ScenarioModel[];
}

/** What a model of a scenario can do unless it says that it cannot. */
export const SCENARIO_CAPABILITIES = ['thinking', 'vision', 'tools'] as const;
export type ScenarioCapability = (typeof SCENARIO_CAPABILITIES)[number];

export interface ScenarioModel {
  /** Without the prefix `scenario/`. */
  readonly name: string;
  /** Pause before each token, in milliseconds. */
  readonly paceMs: number;
  readonly contextTokens: number;
  readonly cannot: readonly ScenarioCapability[];
  /** The first one that matches plays. */
  readonly replies: readonly ScenarioReply[];
}

export interface ScenarioReply {
  readonly when: ScenarioCondition;
  readonly play: readonly ScenarioStep[];
  readonly finish: 'stop' | 'length';
  /** `counted`: words of the prompt and tokens played; null: the model does not say. */
  readonly usage: Usage | 'counted' | null;
}

/** All that is not null must hold. */
export interface ScenarioCondition {
  /** In the newest user message. */
  readonly message: TextPattern | null;
  /** Number of user messages, the newest included. */
  readonly turn: number | null;
  /** A part of the newest tool result that the request brings. */
  readonly toolResult: string | null;
  /** Only the first so many times that this text is asked. */
  readonly times: number | null;
}

/** A part of a text in any case, or a regular expression. */
export type TextPattern =
  | { readonly kind: 'part'; readonly text: string }
  | { readonly kind: 'expression'; readonly source: string; readonly flags: string };

/** How a model of a scenario can fail: with the error of this reason. */
export const SCENARIO_FAILURES = [
  'model_unavailable',
  'model_silent',
  'model_not_found',
  'context_exceeded',
  'validation',
] as const;
export type ScenarioFailure = (typeof SCENARIO_FAILURES)[number];

export type ScenarioStep =
  | {
      readonly does: 'say';
      readonly as: 'text' | 'thinking';
      /** A text is played word by word, a list as it stands. */
      readonly tokens: string | readonly string[];
      /** Null: the model's. */
      readonly paceMs: number | null;
      readonly repeat: number;
    }
  /** Null: forever. */
  | { readonly does: 'wait'; readonly ms: number | null }
  | {
      readonly does: 'call';
      readonly name: string;
      readonly arguments: Readonly<Record<string, unknown>>;
    }
  | { readonly does: 'fail'; readonly reason: ScenarioFailure }
  | { readonly does: 'drop'; readonly whom: 'model' | 'reader' };
