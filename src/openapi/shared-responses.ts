import type { ReferenceObject, ResponseObject } from '@nestjs/swagger';
import type { NamedResponse } from './error-responses.js';

/** Responses that several routes give, written once for `components.responses`. */
export class SharedResponses {
  readonly responses: Record<string, ResponseObject> = {};

  /**
   * A reference to this response. One that has the name of another but is not the same is called by
   * its operation beside.
   */
  add({ name, response }: NamedResponse, operationId: string): ReferenceObject {
    const known = this.responses[name];
    if (known && JSON.stringify(known) !== JSON.stringify(response)) {
      const own = operationId.charAt(0).toUpperCase() + operationId.slice(1) + name;
      return this.add({ name: own, response }, operationId);
    }
    this.responses[name] = response;
    return { $ref: `#/components/responses/${name}` };
  }
}
