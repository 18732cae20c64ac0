import { isRecord } from '../is-record.js';

/** Something in a scenario file is not what is expected there. */
export class ScenarioMistake extends Error {}

/** A value of a scenario file and where it stands, such as `models.a.replies[0].play[1]`. */
export class Place {
  constructor(
    readonly value: unknown,
    readonly path: string,
  ) {}

  /** @param expected a phrase that follows the word "expected" */
  fail(expected: string): never {
    const where = this.path === '' ? '' : `${this.path}: `;
    throw new ScenarioMistake(`${where}expected ${expected}`);
  }

  /** The fields of a mapping that has no others than these; a field that is null is left out. */
  fields<Name extends string>(names: readonly Name[]): Partial<Record<Name, Place>> {
    const fields = this.mapping();
    const unknown = fields.find(([name]) => !names.some((known) => known === name));
    if (unknown) unknown[1].fail(`one of ${names.join(', ')} as a name`);
    const given = fields.filter(([, { value }]) => value !== null);
    return Object.fromEntries(given) as Partial<Record<Name, Place>>;
  }

  /** The fields of a mapping, whatever their names. */
  mapping(): [name: string, Place][] {
    const { value } = this;
    if (!isRecord(value)) this.fail('a mapping of names to values');
    return Object.entries(value).map(([name, inner]) => [name, this.at(name, inner)]);
  }

  /** The field of this name; fails where there is none. */
  required<Name extends string>(fields: Partial<Record<Name, Place>>, name: Name): Place {
    return fields[name] ?? this.at(name, undefined).fail('a value');
  }

  /** The items of a list that is not empty. */
  items(): Place[] {
    const { value } = this;
    if (!Array.isArray(value) || value.length === 0) this.fail('a list that is not empty');
    return value.map((item, index) => new Place(item, `${this.path}[${String(index)}]`));
  }

  text(): string {
    return typeof this.value === 'string' ? this.value : this.fail('a text');
  }

  whole(min: number, max: number): number {
    const { value } = this;
    const isWhole = typeof value === 'number' && Number.isInteger(value);
    return isWhole && value >= min && value <= max
      ? value
      : this.fail(
          `a whole number from ${min.toLocaleString('en-US')} to ${max.toLocaleString('en-US')}`,
        );
  }

  oneOf<Word extends string>(words: readonly Word[]): Word {
    return words.find((word) => word === this.value) ?? this.fail(`one of ${words.join(', ')}`);
  }

  /** The name may be anything, and a line of an error is printed. */
  private at(name: string, value: unknown): Place {
    const printable = name.replace(/[^\w.-]/g, '?').slice(0, 100);
    return new Place(value, this.path === '' ? printable : `${this.path}.${printable}`);
  }
}
