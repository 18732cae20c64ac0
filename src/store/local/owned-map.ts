/**
 * A map by owner and id. Looked up in two steps: a joined key would need a new string for each
 * entry and lookup.
 */
export class OwnedMap<V> {
  private readonly owners = new Map<string, Map<string, V>>();

  /** In all. */
  size = 0;

  get(ownerId: string, id: string): V | undefined {
    return this.owners.get(ownerId)?.get(id);
  }

  set(ownerId: string, id: string, value: V): void {
    let own = this.owners.get(ownerId);
    if (!own) this.owners.set(ownerId, (own = new Map<string, V>()));
    const before = own.size;
    own.set(id, value);
    this.size += own.size - before;
  }

  delete(ownerId: string, id: string): boolean {
    const own = this.owners.get(ownerId);
    if (!own?.delete(id)) return false;
    if (own.size === 0) this.owners.delete(ownerId);
    this.size -= 1;
    return true;
  }

  /** In no particular order. */
  values(): V[] {
    return [...this.owners.values()].flatMap((own) => [...own.values()]);
  }
}
