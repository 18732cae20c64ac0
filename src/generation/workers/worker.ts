import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';

/** This process among those that share a store. A new one at each start: process ids repeat. */
@Injectable()
export class Worker {
  readonly id = randomUUID();
}
