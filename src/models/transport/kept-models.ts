/** There are few common settings; those that only one client uses are evicted again. */
const MOST = 100;
/** Longer settings, with long stop words, are probably specific to one client. */
const LONGEST_KEY = 1_000;

/**
 * One model for all generations of equal settings: it holds no data of a request, and constructing
 * one takes as long as sending a request.
 */
export class KeptModels<Settings extends object, Model> {
  private readonly made = new Map<string, Model>();

  constructor(private readonly make: (settings: Settings) => Model) {}

  get(settings: Settings): Model {
    const key = JSON.stringify(settings);
    const found = this.made.get(key) ?? this.make(settings);
    if (key.length > LONGEST_KEY) return found;
    this.made.set(key, found);
    const [oldest] = this.made.keys();
    if (this.made.size > MOST && oldest !== undefined) this.made.delete(oldest);
    return found;
  }
}
