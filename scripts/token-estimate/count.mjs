import { readFileSync, writeFileSync } from 'node:fs';
import { folderArgument, loadTokenizers } from './tokenizers.mjs';

/** Counts again the tokens of the texts with which the estimate is tested. */
const file = new URL('../../test/support/token-texts.json', import.meta.url);
const { qwen3, llama3 } = await loadTokenizers(folderArgument());
const entries = JSON.parse(readFileSync(file, 'utf8'));
for (const entry of entries) {
  entry.qwen3 = qwen3(entry.text);
  entry.llama3 = llama3(entry.text);
}
writeFileSync(file, `${JSON.stringify(entries, null, 2)}\n`);
