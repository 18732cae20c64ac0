import { createHash } from 'node:crypto';
import { script, type ChatScript } from './chat-script.js';
import type { RecordedRequest } from './recorded-request.js';

/** A model of the scripted Ollama; all but its name has a sensible default. */
export interface FakeModel {
  name: string;
  size?: number;
  modifiedAt?: string;
  /** Tokens; null: `/api/show` does not say. */
  contextLength?: number | null;
  /** Set for a model that the real one would proxy. */
  remoteHost?: string;
  /** Whether `/api/tags` has the remote host, as in newer versions. */
  remoteInTags?: boolean;
  /** Whether `/api/show` has it; true by default. */
  remoteInShow?: boolean;
  /** `completion` by default; null: `/api/show` does not say. */
  capabilities?: string[] | null;
  /** Parameters of its Modelfile, as `/api/show` writes them. */
  parameters?: string;
}

/** The models it has, and what it says of them, in the words of the real one. */
export class FakeModels {
  private readonly models = new Map<string, FakeModel>();

  add(model: FakeModel): void {
    this.models.set(full(model.name), model);
  }

  /** Adds `m0`, `m1`, and so on. */
  addMany(count: number): void {
    for (let number = 0; number < count; number += 1) this.add({ name: `m${number}` });
  }

  remove(name: string): void {
    this.models.delete(full(name));
  }

  /** What the real one answers without a script: lists, details, and 404 for what it lacks. */
  answer(request: RecordedRequest): ChatScript | undefined {
    if (request.path === '/api/version') return script().json({ version: '0.9.6' });
    if (request.path === '/api/tags') return script().json(this.tags());
    if (request.path !== '/api/show' && request.path !== '/api/chat') return undefined;
    const model = this.models.get(full(request.body.model));
    if (!model) return script().error(404, `model '${request.body.model}' not found`);
    return request.path === '/api/show' ? script().json(show(model)) : undefined;
  }

  private tags(): object {
    return { models: [...this.models.values()].map(tag) };
  }
}

const full = (name: string): string => (name.includes(':') ? name : `${name}:latest`);

function tag(model: FakeModel): object {
  return {
    name: full(model.name),
    model: full(model.name),
    modified_at: model.modifiedAt ?? '2025-09-01T12:00:00.123456789+02:00',
    size: model.size ?? 3_826_793_677,
    digest: createHash('sha256').update(JSON.stringify(model)).digest('hex'),
    details: {
      format: 'gguf',
      family: 'llama',
      families: ['llama'],
      parameter_size: '7B',
      quantization_level: 'Q4_0',
    },
    ...(model.remoteInTags === true && remote(model)),
  };
}

function show(model: FakeModel): object {
  const { contextLength = 4096, capabilities = ['completion'], parameters } = model;
  return {
    details: { family: 'llama', parameter_size: '7B', quantization_level: 'Q4_0' },
    model_info: {
      'general.architecture': 'llama',
      ...(contextLength !== null && { 'llama.context_length': contextLength }),
    },
    ...(capabilities !== null && { capabilities }),
    ...(parameters !== undefined && { parameters }),
    ...(model.remoteInShow !== false && remote(model)),
  };
}

function remote(model: FakeModel): object {
  if (model.remoteHost === undefined) return {};
  return { remote_host: model.remoteHost, remote_model: model.name };
}
