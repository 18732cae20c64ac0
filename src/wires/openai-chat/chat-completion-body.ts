import { OpenBody } from '../../common/http/body/body-limits.js';

/** The body of a chat completion, as it was sent. */
@OpenBody()
export class ChatCompletionBody {
  readonly [field: string]: unknown;
}
