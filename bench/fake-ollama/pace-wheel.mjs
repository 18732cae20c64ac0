/**
 * Sends the pieces of many answers, each at its own steady pace, with one timer for all: a slot a
 * millisecond, and an answer in the slot of the millisecond it began in.
 *
 * @typedef {{ dueAt: number, sendNext: () => boolean }} Paced `sendNext` says whether more is to come
 */
export class PaceWheel {
  /** @type {Set<Paced>[]} */
  #slots;
  #paceMs;
  #size = 0;
  #at = 0;
  #timer = false;

  /** @param {number} paceMs */
  constructor(paceMs) {
    this.#paceMs = paceMs;
    this.#slots = Array.from({ length: paceMs }, () => new Set());
  }

  /**
   * Takes an answer whose first piece was just sent. Returns the way to take it out again.
   *
   * @param {() => boolean} sendNext
   */
  add(sendNext) {
    const now = performance.now();
    const paced = { dueAt: now + this.#paceMs, sendNext };
    const slot = this.#slot(Math.floor(now));
    slot.add(paced);
    this.#size += 1;
    if (!this.#timer) {
      this.#at = Math.floor(now);
      this.#arm();
    }
    return () => this.#remove(slot, paced);
  }

  #arm() {
    this.#timer = this.#size > 0;
    if (this.#timer) setTimeout(() => this.#turn(), 1);
  }

  #turn() {
    const now = performance.now();
    const until = Math.floor(now);
    // After a pause longer than the pace every slot is due, once.
    this.#at = Math.max(this.#at, until - this.#paceMs);
    while (this.#at < until) {
      this.#at += 1;
      this.#send(this.#slot(this.#at), now);
    }
    this.#arm();
  }

  /** @param {Set<Paced>} slot @param {number} now */
  #send(slot, now) {
    for (const paced of slot) {
      // A late timer may come by before its time: half a millisecond is forgiven.
      if (paced.dueAt > now + 0.5) continue;
      paced.dueAt += this.#paceMs;
      if (!paced.sendNext()) this.#remove(slot, paced);
    }
  }

  /** @param {Set<Paced>} slot @param {Paced} paced */
  #remove(slot, paced) {
    if (slot.delete(paced)) this.#size -= 1;
  }

  /** @param {number} millisecond */
  #slot(millisecond) {
    const slot = this.#slots[millisecond % this.#paceMs];
    if (!slot) throw new Error('The pace must be in whole milliseconds');
    return slot;
  }
}
