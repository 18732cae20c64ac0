/**
 * The name of a model has no white space and nothing that cannot be seen or changes the direction
 * of text. The syntax works in all implementations of JSON Schema.
 */
export const MODEL_NAME_PATTERN = String.raw`^[^\s\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+$`;
const MODEL_NAME = new RegExp(MODEL_NAME_PATTERN, 'u');

/** Ollama's defaults, which a name may spell out: `registry.ollama.ai/library/llama2:latest`. */
const DEFAULT_REGISTRY = /^(?:https?:\/\/)?registry\.ollama\.ai\/(?=[^/]+\/[^/]+$)/;
const DEFAULT_NAMESPACE = /^library\/(?=[^/]+$)/;

/** Whether `text` can be the name of a model, which no server would trim or truncate. */
export function isModelName(text: string): boolean {
  return MODEL_NAME.test(text);
}

/**
 * The canonical form of a name, as Ollama compares names: case-insensitively, with `llama2` as
 * short form of `llama2:latest`.
 */
export function fullModelName(name: string): string {
  const lower = name.trim().toLowerCase();
  const short = lower.replace(DEFAULT_REGISTRY, '').replace(DEFAULT_NAMESPACE, '');
  return tagOf(short) === null ? `${short}:latest` : short;
}

/** Whether both names mean the same model. */
export function sameModel(a: string, b: string): boolean {
  return fullModelName(a) === fullModelName(b);
}

/**
 * Whether Ollama would forward a request for this name to its cloud: `glm-4.6:cloud`,
 * `gpt-oss:120b-cloud`, `gpt-oss:120b:Cloud`. The rules are those of Ollama's `internal/modelref`.
 */
export function namesCloudModel(name: string): boolean {
  const tags = tagOf(name.trim().toLowerCase()) ?? '';
  return tags.split(':').some((tag) => /^(.*-)?cloud$/.test(tag.trim()));
}

/** The text after the first colon in the last part of a path; null if there is none. */
function tagOf(name: string): string | null {
  const afterPath = name.slice(name.lastIndexOf('/') + 1);
  const colon = afterPath.indexOf(':');
  return colon === -1 ? null : afterPath.slice(colon + 1);
}
