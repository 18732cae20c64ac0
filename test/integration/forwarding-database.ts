import { SqlDatabase } from '../../src/store/typeorm/database/sql-database.js';

/** Passes everything on to another database; a test replaces what it watches. */
export class ForwardingDatabase extends SqlDatabase {
  constructor(protected readonly inner: SqlDatabase) {
    super();
  }

  get dialect() {
    return this.inner.dialect;
  }

  open: SqlDatabase['open'] = () => this.inner.open();
  close: SqlDatabase['close'] = () => this.inner.close();
  assertWritable: SqlDatabase['assertWritable'] = (probe) => this.inner.assertWritable(probe);
  assertUnopened: SqlDatabase['assertUnopened'] = () => this.inner.assertUnopened();
  migrating: SqlDatabase['migrating'] = (work) => this.inner.migrating(work);
  snapshot: SqlDatabase['snapshot'] = (work) => this.inner.snapshot(work);
  longTransaction: SqlDatabase['longTransaction'] = (work) => this.inner.longTransaction(work);
  overwriteRemoved: SqlDatabase['overwriteRemoved'] = () => this.inner.overwriteRemoved();
  read: SqlDatabase['read'] = (work) => this.inner.read(work);
  lookUp: SqlDatabase['lookUp'] = (work) => this.inner.lookUp(work);
  coordinate: SqlDatabase['coordinate'] = (work, changes) => this.inner.coordinate(work, changes);
  write: SqlDatabase['write'] = (work) => this.inner.write(work);
  chained: SqlDatabase['chained'] = (work, promised) => this.inner.chained(work, promised);
  transaction: SqlDatabase['transaction'] = (work) => this.inner.transaction(work);
}
