/** The name by which a model of one of several servers can always be asked for: `openai/gpt-oss`. */
export function prefixedName(server: string, model: string): string {
  return `${server}/${model}`;
}

/** The model's own name, where this one has the prefix of the server; else null. */
export function withoutPrefix(server: string, name: string): string | null {
  const prefix = prefixedName(server, '');
  return name.startsWith(prefix) && name.length > prefix.length ? name.slice(prefix.length) : null;
}

/** A list of configured names as this server may know them: with and without its prefix. */
export function ownNames(server: string, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const own = withoutPrefix(server, name);
    return own === null ? [name] : [name, own];
  });
}
