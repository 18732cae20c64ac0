import type { AppError } from './app-error.js';

/** How errors are told below a path: the API of another product has a form of its own. */
export interface ErrorForm {
  /** The JSON of the response. */
  body(error: AppError, requestId: string): object;
  /**
   * Headers beside those that every error has.
   *
   * @param isReplayed whether the same request, sent again, would be answered with this error again
   */
  headers?(error: AppError, isReplayed: boolean): Readonly<Record<string, string>>;
}

const forms = new Map<string, ErrorForm>();

/** Below this path all errors have this form, also those of unknown routes and of the edge. On a module. */
export function ErrorsBelow(path: string, form: ErrorForm): ClassDecorator {
  return () => void forms.set(path, form);
}

/** The form of the nearest path above, or at, a path; null: the API's own. */
export function errorFormAt(path: string): ErrorForm | null {
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
    const form = forms.get(path.slice(0, end));
    if (form) return form;
  }
  return null;
}
