/** The label of every model that has none of its own. */
export const OTHER = 'other';
const MOST_MODELS = 100;

/**
 * The models that are labels: those that a model server has, and of these the first hundred that were
 * asked. A name that clients make up is never one, and a label once given stays.
 */
export class ModelLabels {
  private readonly admitted = new Set<string>();

  /** @param onAdmitted called before the first use of a new label */
  constructor(private readonly onAdmitted: (model: string) => void = () => undefined) {}

  of(model: string, isListed: boolean): string {
    if (this.admitted.has(model)) return model;
    if (!isListed || this.admitted.size >= MOST_MODELS) return OTHER;
    this.admitted.add(model);
    this.onAdmitted(model);
    return model;
  }
}
