/** `llama2` is short for `llama2:latest`; other names stand for themselves. */
export function fullModelName(name: string): string {
  const afterPath = name.slice(name.lastIndexOf('/') + 1);
  return afterPath.includes(':') ? name : `${name}:latest`;
}

/** Whether both names mean the same model. */
export function sameModel(a: string, b: string): boolean {
  return fullModelName(a) === fullModelName(b);
}
