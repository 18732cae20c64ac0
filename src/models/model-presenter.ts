import type { ModelInfo } from '../domain/model.js';
import type { ModelDto, ModelListDto } from './dto/model-list.dto.js';
import { readableSize } from './size.js';

export function presentModels(models: ModelInfo[], defaultModel: string): ModelListDto {
  return { models: models.map(presentModel), default_model: defaultModel };
}

function presentModel(model: ModelInfo): ModelDto {
  return {
    name: model.name,
    modified_at: model.modifiedAt,
    size: readableSize(model.sizeBytes),
    family: model.family,
    parameters: model.parameterSize,
    quantization: model.quantization,
    context_length: model.contextLength,
    capabilities: model.capabilities,
  };
}
