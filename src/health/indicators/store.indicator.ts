import { Injectable } from '@nestjs/common';
import { Store } from '../../store/store.js';
import { Indicator } from './indicator.js';

export type StoreState = 'up' | 'down';

/** Whether the history's storage can be used. */
@Injectable()
export class StoreIndicator extends Indicator<StoreState> {
  readonly name = 'store';
  readonly worst = 'down';

  constructor(private readonly store: Store) {
    super();
  }

  async check(): Promise<StoreState> {
    await this.store.ping();
    return 'up';
  }
}
