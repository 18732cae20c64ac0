/**
 * The texts of an answer as one string with the end of each text. In V8 each short string is a
 * separate object, which every garbage collection visits: for 64 tokens, this class has two
 * objects.
 */
export class PackedTexts {
  private text = '';
  private readonly ends: number[] = [];

  constructor(texts: readonly string[]) {
    this.add(texts);
  }

  get length(): number {
    return this.ends.length;
  }

  add(texts: readonly string[]): void {
    let end = this.text.length;
    for (const text of texts) this.ends.push((end += text.length));
    this.text += texts.join('');
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
