import type { TakenTokens, UsageItem, UsageSubject, UtcDay } from '../../domain/token-usage.js';
import { monthOf } from '../../domain/utc-days.js';
import { added, summedUp, usageKey } from '../rules/usage.js';
import type { DayRange } from '../usage-store.js';

/** The usage in a store of one process. All methods are synchronous. */
export class UsageTable {
  private readonly days = new Map<UtcDay, Map<string, UsageItem>>();

  add(item: UsageItem): void {
    let ofDay = this.days.get(item.day);
    if (!ofDay) this.days.set(item.day, (ofDay = new Map<string, UsageItem>()));
    const key = usageKey(item);
    const known = ofDay.get(key);
    ofDay.set(key, known ? added(known, item) : item);
  }

  /** Of one owner, or of all (null). */
  read(ownerId: string | null, { from, to }: DayRange): UsageItem[] {
    const days = [...this.days].filter(([day]) => day >= from && day <= to);
    const items = days.flatMap(([, ofDay]) => [...ofDay.values()]);
    return summedUp(items.filter((item) => ownerId === null || item.ownerId === ownerId));
  }

  spent({ ownerId, keyName }: UsageSubject, day: UtcDay): Omit<TakenTokens, 'running'> {
    const taken = { day: 0, month: 0 };
    for (const item of this.read(ownerId, { from: monthOf(day), to: day })) {
      if (item.keyName !== keyName) continue;
      const tokens = item.promptTokens + item.completionTokens;
      taken.month += tokens;
      if (item.day === day) taken.day += tokens;
    }
    return taken;
  }

  /** All there is, in the order of `read`. */
  all(): UsageItem[] {
    return summedUp([...this.days.keys()].flatMap((day) => this.ofDay(day)));
  }

  ofDay(day: UtcDay): UsageItem[] {
    return summedUp(this.days.get(day)?.values() ?? []);
  }

  /** Removes what matches; the days that had it. */
  remove(matches: (item: UsageItem) => boolean): UtcDay[] {
    return [...this.days].flatMap(([day, ofDay]) => {
      const found = [...ofDay].filter(([, item]) => matches(item));
      for (const [key] of found) ofDay.delete(key);
      if (ofDay.size === 0) this.days.delete(day);
      return found.length > 0 ? [day] : [];
    });
  }
}
