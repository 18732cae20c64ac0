/**
 * @typedef {import('../engine/engine.mjs').ModelCard} ModelCard
 */

/** @param {ModelCard} model */
export function tags(model) {
  return { models: [{ ...identity(model), modified_at: model.modifiedAt }] };
}

/**
 * The model stays loaded for as long as the process lives.
 *
 * @param {ModelCard} model
 */
export function running(model) {
  const never = '2318-01-01T00:00:00Z';
  return { models: [{ ...identity(model), expires_at: never, size_vram: 0 }] };
}

/** @param {ModelCard} model */
export function show(model) {
  return {
    license: model.license,
    template: model.template,
    details: details(model),
    model_info: model.info,
    capabilities: ['completion'],
    modified_at: model.modifiedAt,
  };
}

/** @param {ModelCard} model */
function identity(model) {
  const { name, size, digest } = model;
  return { name, model: name, size, digest, details: details(model) };
}

/** @param {ModelCard} model */
function details({ details: { format, family, parameterSize, quantization } }) {
  return {
    parent_model: '',
    format,
    family,
    families: [family],
    parameter_size: parameterSize,
    quantization_level: quantization,
  };
}
