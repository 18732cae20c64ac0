/**
 * The part of node-llama-cpp that is used here. It is installed on demand, so its own types are not
 * there when this repository is type-checked.
 *
 * @typedef {number} Token
 *
 * @typedef {object} Llama
 * @property {number} cpuMathCores Cores that are of use for arithmetic.
 * @property {number} maxThreads
 * @property {(options: { modelPath: string, vocabOnly?: boolean }) => Promise<Model>} loadModel
 * @property {(type: 'json') => Promise<Grammar>} getGrammarFor
 * @property {(schema: Record<string, unknown>) => Promise<Grammar>} createGrammarForJsonSchema
 * @property {() => Promise<void>} dispose
 *
 * @typedef {object} Grammar
 *
 * @typedef {object} GrammarState What of a grammar an answer has used so far.
 *
 * @typedef {object} Model
 * @property {number} trainContextSize
 * @property {(text: string, specialTokens: boolean) => Token[]} tokenize
 * @property {(tokens: Token[], specialTokens: boolean, before: Token[]) => string} detokenize
 * @property {(options: ContextOptions) => Promise<Context>} createContext
 *
 * @typedef {object} ContextOptions
 * @property {number} contextSize Of each sequence.
 * @property {number} sequences
 * @property {number} batchSize
 * @property {number} threads
 *
 * @typedef {object} Context
 * @property {number} contextSize
 * @property {() => Sequence} getSequence
 *
 * @typedef {object} Sequence
 * @property {number} nextTokenIndex
 * @property {(tokens: Token[]) => { firstDifferentIndex: number }} compareContextTokens
 * @property {(tokens: Token[], allowShift: boolean) => Promise<void>} adaptStateToTokens
 * @property {(tokens: Token[]) => Promise<void>} evaluateWithoutGeneratingNewTokens
 * @property {(tokens: Token[], sampling: Sampling) => AsyncIterable<Token>} evaluate
 *
 * @typedef {object} Sampling
 * @property {number} temperature
 * @property {number} topP
 * @property {number} topK
 * @property {number} minP
 * @property {number} [seed]
 * @property {false | RepeatPenalty} repeatPenalty
 * @property {GrammarState} [grammarEvaluationState]
 *
 * @typedef {object} RepeatPenalty
 * @property {number} penalty 1 is none.
 * @property {number} frequencyPenalty
 * @property {number} presencePenalty
 * @property {() => Token[]} punishTokens
 *
 * @typedef {object} Binding
 * @property {(options: Record<string, unknown>) => Promise<Llama>} getLlama
 * @property {new (options: { model: Model, grammar: Grammar }) => GrammarState}
 *   LlamaGrammarEvaluationState
 */

/** @returns {Promise<Binding>} */
async function binding() {
  const name = 'node-llama-cpp';
  return import(name);
}

/**
 * @param {Model} model
 * @param {Grammar} grammar
 */
export async function grammarState(model, grammar) {
  const { LlamaGrammarEvaluationState } = await binding();
  return new LlamaGrammarEvaluationState({ model, grammar });
}

/** @returns {Promise<Llama>} the prebuilt binary of this platform; it is never built here */
export async function loadLlama() {
  const { getLlama } = await binding();
  return getLlama({
    // Apple's chips have one binary, with Metal; elsewhere a model this small gains nothing.
    gpu: process.platform === 'darwin' && process.arch === 'arm64' ? 'metal' : false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    logLevel: 'error',
  });
}
