import { AppError } from '../../../common/errors/app-error.js';
import { sameModel } from '../../../domain/model-name.js';
import {
  contextExceeded,
  invalid,
  invalidName,
  modelNotForChat,
  modelNotFound,
} from '../../model-errors.js';
import type { ServerKind } from '../../transport/server-kind.js';

/** Ollama sends these errors with status 500, too. */
const NAME = /invalid model (name|path)|unqualified name|model is required|:local or :cloud/i;
const SCHEMA = /invalid json schema in format/i;

/** It reads some keywords of a tool's schema as its own types. */
const TOOLS = /cannot unmarshal .*\b(tools?|ToolFunction|ToolProperty|PropertyType)\b/i;
const IMAGE = /(failed|unable|invalid|cannot).*\bimage\b|\bimage: unknown format/i;

const THINK = /\bthink value\b|does not support thinking/i;

/** Ollama's texts for errors that a client can correct, and our error for each. */
const CLIENT_ERRORS: readonly [words: RegExp, error: (cause: Error) => AppError][] = [
  [THINK, thinkRefused],
  [/(does not support|not supported).*\b(chat|completion|generate)\b/i, modelNotForChat],
  [/does not support|(is|are) not( currently)? supported/i, unsupported],
  [/illegal base64/i, (cause) => invalid({ field: 'images', message: 'must be base64' }, cause)],
  [SCHEMA, unusableSchema],
  [TOOLS, unusableTool],
  [IMAGE, unreadableImage],
  [NAME, invalidName],
  [/exceeds? the (available )?context|context length exceeded/i, contextExceeded],
];

/** Description of Ollama for the transport. */
export function ollamaServer(defaultModel: string): ServerKind {
  return {
    name: 'Ollama',
    service: 'Ollama service',
    requestStatuses: [413, 422],
    variables: {
      address: 'OLLAMA_BASE_URL',
      credentials: 'OLLAMA_API_KEY, OLLAMA_HEADERS or in OLLAMA_BASE_URL',
    },
    clientError(status, words, cause) {
      const [pattern, error] = CLIENT_ERRORS.find(([pattern]) => pattern.test(words)) ?? [];
      const saidWith500 = status === 500 && (pattern === NAME || pattern === SCHEMA);
      return status === 400 || saidWith500 ? error?.(cause) : undefined;
    },
    modelNotFound: (model) =>
      sameModel(model, defaultModel) ? defaultNotInstalled(defaultModel) : modelNotFound(),
  };
}

/** The configured name may be shown; that of a request is not repeated. */
function defaultNotInstalled(defaultModel: string): AppError {
  return new AppError(
    'model_not_found',
    `The default model is not installed; run: ollama pull ${defaultModel}`,
  );
}

/** Ollama might forward the prompt to a cloud, so the request is refused. */
export function originUnknown(cause?: unknown): AppError {
  return new AppError(
    'model_unavailable',
    'Ollama did not report where this model runs; try again',
    {
      cause: new Error(
        'No prompt is sent to a model without details, unless MODEL_ALLOW names it',
        { cause },
      ),
    },
  );
}

function unsupported(cause: Error): AppError {
  const message = 'does not support what the request asks for';
  return invalid({ field: 'model', message }, cause);
}

function thinkRefused(cause: Error): AppError {
  return invalid({ field: 'parameters.think', message: 'is not supported by this model' }, cause);
}

/** Whether the model refused how it was asked to think. */
export function isThinkRefusal(error: unknown): boolean {
  return (
    error instanceof AppError && error.cause instanceof Error && THINK.test(error.cause.message)
  );
}

function unusableTool(cause: Error): AppError {
  return invalid(
    { field: 'tools', message: 'have a schema that the model server cannot use' },
    cause,
  );
}

function unreadableImage(cause: Error): AppError {
  return invalid({ field: 'images', message: 'must be images that the model can read' }, cause);
}

function unusableSchema(cause: Error): AppError {
  return invalid(
    { field: 'parameters.format', message: 'must be a JSON Schema that the model server can use' },
    cause,
  );
}
