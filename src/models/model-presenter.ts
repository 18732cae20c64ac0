import type { ModelInfo } from '../domain/model.js';
import type { ModelDefaultsDto, ModelDto, ModelListDto } from './dto/model-list.dto.js';

const UNITS = ['KB', 'MB', 'GB', 'TB'] as const;

export function presentModels(
  models: ModelInfo[],
  defaultModel: string | null,
  defaultsOf: (model: ModelInfo) => ModelDefaultsDto | null,
): ModelListDto {
  return {
    models: models.map((model) => presentModel(model, defaultsOf(model))),
    default_model: defaultModel,
  };
}

function presentModel(model: ModelInfo, defaults: ModelDefaultsDto | null): ModelDto {
  return {
    name: model.name,
    provider: model.provider,
    modified_at: model.modifiedAt,
    size: model.sizeBytes === null ? null : readableSize(model.sizeBytes),
    family: model.family,
    parameters: model.parameterSize,
    quantization: model.quantization,
    context_length: model.contextLength,
    capabilities: model.capabilities,
    defaults: defaults && { system: defaults.system, parameters: defaults.parameters },
  };
}

/** Bytes as people read them: decimal units, one decimal (`3.8GB`); below 1,000 whole bytes. */
export function readableSize(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)}B`;
  let value = bytes / 1000;
  let unit = 0;
  // 999.95 would be printed as 1000.0.
  while (value >= 999.95 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(1)}${UNITS[unit] ?? 'TB'}`;
}
