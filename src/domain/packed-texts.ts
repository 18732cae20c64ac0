/**
 * Texts of an ended answer, as one string and where each ends. V8 keeps a short string in an object of
 * its own, which the collector visits for as long as it lives: of 64 tokens this leaves two objects.
 */
export class PackedTexts {
  private readonly text: string;
  private readonly ends: Uint32Array;

  constructor(texts: readonly string[]) {
    this.text = texts.join('');
    this.ends = new Uint32Array(texts.length);
    let end = 0;
    texts.forEach((text, index) => (this.ends[index] = end += text.length));
  }

  get length(): number {
    return this.ends.length;
  }

  /** All of them, joined. */
  whole(): string {
    return this.text;
  }

  at(index: number): string {
    return this.text.slice(this.endOf(index - 1), this.endOf(index));
  }

  /** Those from `index` on. */
  from(index: number): string[] {
    return Array.from({ length: Math.max(0, this.length - index) }, (_, n) => this.at(index + n));
  }

  private endOf(index: number): number {
    return this.ends[index] ?? 0;
  }
}
