import { AppError } from '../../../common/errors/app-error.js';
import { contextExceeded, invalid, modelNotFound } from '../../model-errors.js';
import type { ServerKind } from '../../transport/server-kind.js';

/** How vLLM, llama.cpp, LM Studio, SGLang and OpenAI say that a prompt is too long. */
const CONTEXT =
  /context[ _-]?(length|size|window|overflow)|exceed_context|maximum (model|context) length|max_model_len|longer than the maximum|context the overflows|prompt is too long/i;
const MODEL =
  /model_not_found|\bmodel\b.{0,200}\b(does not exist|not found)|invalid model (name|identifier)/i;
const THINK = /reasoning_effort|enable_thinking|chat_template_kwargs|reasoning effort/i;
const FORMAT = /response_format|json[ _]?schema|\bgrammar\b|guided|structured output/i;
const IMAGE = /\bimages?\b|image_url|image input|multi-?modal|mmproj|\bvision\b/i;
const TOOLS = /\btools?\b|tool_choice|tool-call-parser|auto-tool-choice/i;

/** What llama.cpp says with status 500. */
const SAID_WITH_500 = /(image|audio) input is not supported|requires --jinja/i;

const REFUSED = 'was refused by the model server';

/** The servers' texts for errors that a client can correct, and our error for each; the first counts. */
const CLIENT_ERRORS: readonly [words: RegExp, error: (cause: Error) => AppError][] = [
  [CONTEXT, contextExceeded],
  [MODEL, modelNotFound],
  [THINK, (cause) => invalid({ field: 'parameters.think', message: REFUSED }, cause)],
  [FORMAT, (cause) => invalid({ field: 'parameters.format', message: REFUSED }, cause)],
  [
    IMAGE,
    (cause) => invalid({ field: 'images', message: 'were refused by the model server' }, cause),
  ],
  [
    TOOLS,
    (cause) => invalid({ field: 'tools', message: 'were refused by the model server' }, cause),
  ],
];

const REQUEST_STATUSES = [400, 413, 422];

/** Description of servers of OpenAI's chat API for the transport. */
export function openAiServer(): ServerKind {
  return {
    name: 'OpenAI-compatible server',
    service: 'OpenAI-compatible server',
    variables: { address: 'OPENAI_BASE_URL', credentials: 'OPENAI_API_KEY' },
    requestStatuses: REQUEST_STATUSES,
    clientError(status, words, cause) {
      const saidWith500 = status === 500 && SAID_WITH_500.test(words);
      if (!REQUEST_STATUSES.includes(status) && !saidWith500) return undefined;
      const [, error] = CLIENT_ERRORS.find(([pattern]) => pattern.test(words)) ?? [];
      return error?.(cause);
    },
    modelNotFound,
  };
}

/** Whether a server's words say that a prompt is too long. */
export function isAboutContext(words: string): boolean {
  return CONTEXT.test(words);
}

/** Whether the server refused how the model was asked to think. */
export function isThinkRefusal(error: unknown): boolean {
  return (
    error instanceof AppError && error.cause instanceof Error && THINK.test(error.cause.message)
  );
}
