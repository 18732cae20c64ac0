import { OpenBody } from '../../common/http/body/body-limits.js';

/** A body of Ollama's clients, who send whatever type with it; what no reader here asks for is ignored. */
@OpenBody({ anyType: true })
export class OllamaBody {
  [name: string]: unknown;
}
