import { ValidateBy } from 'class-validator';
import { isModelName } from '../../domain/model-name.js';

/**
 * The name of a model: text without white space and control characters. A model server that trims a
 * name would take another model for it than the one that was looked at.
 */
export function ModelName(): PropertyDecorator {
  return ValidateBy({
    name: 'modelName',
    validator: {
      validate: (value) => typeof value !== 'string' || value === '' || isModelName(value),
      defaultMessage: () => '$property must be the name of a model, without white space',
    },
  });
}
