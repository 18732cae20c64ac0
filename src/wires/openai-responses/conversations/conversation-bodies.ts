import { OpenBody } from '../../../common/http/body/body-limits.js';
import { OptionalBody } from '../../../common/validation/optional-body.decorator.js';

/** The body of a new conversation, as it was sent. */
@OptionalBody()
@OpenBody()
export class NewConversationBody {
  readonly [field: string]: unknown;
}

/** The body of a change, or of new items, as it was sent. */
@OpenBody()
export class ConversationBody {
  readonly [field: string]: unknown;
}
