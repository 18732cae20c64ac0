import { OpenBody } from '../../../common/http/body/body-limits.js';

/** The body of a request for a response, as it was sent. */
@OpenBody()
export class ResponseBody {
  readonly [field: string]: unknown;
}
