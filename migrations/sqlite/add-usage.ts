import { AddUsage } from '../add-usage.js';

/** The table is its key. */
export class AddUsage1796256000001 extends AddUsage {
  readonly name = 'AddUsage1796256000001';
  protected readonly form = 'WITHOUT ROWID';
}
