/**
 * The group of a function, by its file: the first that matches. @type {[group: string, file:
 * RegExp][]}
 */
const GROUPS = [
  ['LangChain', /node_modules\/(@langchain|langsmith|zod|ollama|uuid|p-queue|p-retry)\//],
  ['logging', /node_modules\/(pino|sonic-boom|thread-stream|safe-stable-stringify|quick-format)/],
  ['validation', /node_modules\/(class-validator|class-transformer|validator)\//],
  ['Nest and RxJS', /node_modules\/(@nestjs|rxjs|reflect-metadata)\//],
  ['database driver', /node_modules\/(typeorm|pg|pg-[a-z]+|better-sqlite3)\//],
  ['Express and other packages', /node_modules\//],
  ['the reference itself', /\/(bench\/subjects|book)\//],
  ['our provider', /\/src\/models\//],
  ['our log and encoder', /\/src\/generation\//],
  ['our prompt and chat', /\/src\/chat\//],
  ['our store', /\/src\/(store|history)\//],
  ['our logging', /\/src\/observability\//],
  ['our HTTP edge, limits, validation', /\/src\/(common|rate-limit)\//],
  ['ours, rest', /\/src\//],
  ['Node: HTTP', /^node:(_http|http|internal\/http)/],
  ['Node: sockets', /^node:(net|internal\/stream_base|internal\/net)/],
  [
    'Node: streams, events, buffers',
    /^node:(events|stream|internal\/streams|buffer|internal\/buffer|string_decoder|internal\/event_target|internal\/abort_controller)/,
  ],
  [
    'Node: timers, promises, async context',
    /^node:(timers|internal\/(timers|process|async|per_context)|async_hooks|diagnostics_channel)/,
  ],
  ['Node: rest', /^node:/],
];

const NATIVE = 'native: writes, reads, parser, libuv';

/** Functions without a file. @type {[group: string | null, name: RegExp][]} */
const NAMED = [
  // `dispatch` is the profiler, as it starts and ends.
  [null, /^(\(idle\)|\(root\)|dispatch)$/],
  ['garbage collection', /^\(garbage collector\)$/],
  [
    NATIVE,
    /^(\(program\)|write[A-Z]\w*|writev|shutdown|read(Start|Stop)|execute|consume|connect\d?|finish)$/,
  ],
];

/**
 * @param {{ functionName: string, url: string }} frame
 * @returns {string | null} null for idle time
 */
export function groupOf({ functionName, url }) {
  const found =
    url === ''
      ? NAMED.find(([, name]) => name.test(functionName))
      : GROUPS.find(([, file]) => file.test(url));
  return found === undefined ? 'engine: built-in functions' : found[0];
}
