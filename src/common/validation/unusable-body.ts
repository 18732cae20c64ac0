import type { AppError } from '../errors/app-error.js';

/**
 * Stands in a request for a body that could not be read. Whether that matters is known only where
 * a route asks for the body: by then the key is checked, the request counted, the route found.
 */
export class UnusableBody {
  constructor(readonly error: AppError) {}
}
