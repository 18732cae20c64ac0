import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import type { GivenParameters } from '../domain/model-parameters.js';
import { modelsConfig } from '../config/namespaces.js';
import type { Conversation } from '../domain/conversation.js';
import type { ModelAsk } from '../domain/model.js';
import { fullModelName } from '../domain/model-name.js';
import { DefaultModel } from '../models/default-model.js';
import { formatOfCall, toldOfCall } from './call-rule.js';
import type { ChatCommand, ModelCommand, ModelParameters } from './chat-command.js';
import type { StatelessCommand } from './stateless-command.js';

/** What a conversation sets for its turns. */
export type SetOfConversation = Pick<Conversation, 'model' | 'parameters'>;

const NOTHING_SET: SetOfConversation = { model: null, parameters: null };

/**
 * Completes commands: each setting by itself is the request's, else the conversation's, else the
 * model's (`MODEL_DEFAULTS`), else the configured default.
 */
@Injectable()
export class TurnSettings {
  constructor(
    @Inject(modelsConfig.KEY) private readonly models: ConfigType<typeof modelsConfig>,
    private readonly defaultModel: DefaultModel,
  ) {}

  /**
   * Throws `model_unavailable` and `model_not_found` where nothing names the model, and no default is known.
   *
   * @param callingModel the model whose calls the command brings results of; null for any other
   */
  async complete(
    command: ChatCommand,
    { model: ownModel, parameters }: SetOfConversation = NOTHING_SET,
    callingModel: string | null = null,
  ): Promise<ModelCommand> {
    const named = command.model ?? callingModel ?? ownModel;
    const model = named ?? (await this.defaultModel.name());
    const ofModel = this.models.defaults.get(fullModelName(model));
    const given: GivenParameters = { ...ofModel?.parameters, ...parameters, ...command.given };
    // What is added comes first (docs/adr/0014-hidden-classes.md).
    return {
      defaultSystem: ofModel?.system ?? null,
      told: toldBy(command),
      parameters: this.parametersOf(given),
      ask: askOf(command, given),
      ...command,
      model,
    };
  }

  /** The same of a request without a conversation: each setting is the request's, else the model's, … */
  async stateless({
    model: asked,
    given,
    maxTokens,
  }: Pick<StatelessCommand, 'model' | 'given' | 'maxTokens'>): Promise<{
    model: string;
    parameters: ModelParameters;
    /** Told to the model where the request has no system prompt. */
    system: string | null;
    /** The tokens that an answer may have where nobody says how many. */
    usualAnswer: number;
  }> {
    const model = asked ?? (await this.defaultModel.name());
    const ofModel = this.models.defaults.get(fullModelName(model));
    const parameters = this.parametersOf({ ...ofModel?.parameters, ...given });
    return {
      model,
      parameters: { ...parameters, maxTokens: maxTokens ?? Number.MAX_SAFE_INTEGER },
      system: ofModel?.system ?? null,
      usualAnswer: this.models.defaultMaxTokens,
    };
  }

  private parametersOf(given: GivenParameters): ModelParameters {
    const { models } = this;
    return {
      temperature: given.temperature ?? models.defaultTemperature,
      maxTokens: given.max_tokens ?? models.defaultMaxTokens,
      topP: given.top_p ?? models.defaultTopP,
      stop: given.stop ?? [],
      seed: given.seed ?? null,
      topK: given.top_k ?? null,
      minP: given.min_p ?? null,
      repeatPenalty: given.repeat_penalty ?? null,
      presencePenalty: given.presence_penalty ?? null,
      frequencyPenalty: given.frequency_penalty ?? null,
      think: given.think ?? null,
    };
  }
}

function toldBy({ instructions = null, calls = null }: ChatCommand): string[] {
  const required = calls?.required ?? [];
  return [
    ...(instructions === null ? [] : [instructions]),
    ...(required.length === 0 ? [] : [toldOfCall(required)]),
  ];
}

/**
 * A model that follows a format calls no tools: those of the request win over a format set before. What a
 * call must be is a format for the model: it is shown no tools then.
 */
function askOf({ tools, calls }: ChatCommand, { format }: GivenParameters): ModelAsk {
  if (calls?.required.length) return { tools: [], format: formatOfCall(calls.required) };
  return { tools, format: tools.length > 0 ? null : (format ?? null) };
}
