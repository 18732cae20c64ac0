/** Runs one operation of a store and gives back what it gives. */
export type Observe = <T>(operation: string, run: () => Promise<T>) => Promise<T>;

type Method = (...values: unknown[]) => Promise<unknown>;

/** The same port, with each call of its methods observed. All methods of ports are asynchronous. */
export function observedPort<Port extends object>(port: Port, observe: Observe): Port {
  const observed = Object.create(port) as Port;
  for (const name of methodsOf(port)) {
    const method = Reflect.get(port, name) as Method;
    Object.defineProperty(observed, name, {
      // Calls between methods of the adapter are its own affair.
      value: (...values: unknown[]) => observe(name, () => method.apply(port, values)),
    });
  }
  return observed;
}

/** Of the adapter's class: what a port declares as abstract leaves nothing at run time. */
function methodsOf(port: object): string[] {
  const names = new Set<string>();
  for (let level = prototypeOf(port); level && level !== Object.prototype;) {
    for (const name of Object.getOwnPropertyNames(level)) names.add(name);
    level = prototypeOf(level);
  }
  names.delete('constructor');
  return [...names].filter((name) => typeof Reflect.get(port, name) === 'function');
}

function prototypeOf(value: object): object | null {
  return Object.getPrototypeOf(value) as object | null;
}
