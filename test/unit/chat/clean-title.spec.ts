import { titleIn } from '../../../src/chat/titles/clean-title.js';

describe('the title in a model’s answer', () => {
  it.each([
    ['as it is', 'Quantum computing', 'Quantum computing'],
    ['the first line with text', '\n\n  Quantum computing \nIt is about …', 'Quantum computing'],
    ['without a carriage return', 'Quantum computing\r\nMore', 'Quantum computing'],
    ['one line of white space', 'Quantum \t  computing', 'Quantum computing'],
    ['without quotation marks', '"Quantum computing"', 'Quantum computing'],
    ['without typographic ones', '“Quantum computing”', 'Quantum computing'],
    ['without German ones', '„Quantencomputer erklärt“', 'Quantencomputer erklärt'],
    ['without French ones', '« L’ordinateur quantique »', 'L’ordinateur quantique'],
    ['without Japanese ones', '「量子コンピュータ」', '量子コンピュータ'],
    ['without one that was never closed', '"Quantum computing for', 'Quantum computing for'],
    ['with quotation marks inside', 'The word "set" in English', 'The word "set" in English'],
    ['with two quotations', '"Yes" and "No"', '"Yes" and "No"'],
    ['with an apostrophe', "Fermat's Last Theorem", "Fermat's Last Theorem"],
    ['without a heading’s mark', '## Quantum computing', 'Quantum computing'],
    ['without the mark of a list', '- Quantum computing', 'Quantum computing'],
    ['without the number of a list', '1. **Quantum computing**', 'Quantum computing'],
    ['without bold type', '**Quantum computing**', 'Quantum computing'],
    ['without bold words', 'Why **quantum** computing', 'Why quantum computing'],
    ['without code', 'Using `map` in JavaScript', 'Using map in JavaScript'],
    ['without a link', 'About [Ollama](https://ollama.com)', 'About Ollama'],
    [
      'with names that look like Markdown',
      'C*-algebras and snake_case',
      'C*-algebras and snake_case',
    ],
    ['without a label', 'Title: Quantum computing', 'Quantum computing'],
    ['without a bold label', '**Title:** "Quantum computing"', 'Quantum computing'],
    ['without a label on its line', 'Title:\nQuantum computing', 'Quantum computing'],
    ['without a sentence before it', 'Here is a title: Quantum computing', 'Quantum computing'],
    ['without a German label', 'Titel: Quantencomputer', 'Quantencomputer'],
    ['without a Chinese label', '标题：量子计算', '量子计算'],
    ['without a label in quotation marks', '"Title: Quantum computing"', 'Quantum computing'],
    ['without thinking', '<think>\nHm.\n</think>\n\nQuantum computing', 'Quantum computing'],
    ['without thinking that began before', 'Hm.\n</think>\nQuantum computing', 'Quantum computing'],
    ['without a fence of code', '```\nQuantum computing\n```', 'Quantum computing'],
    ['with its number', '2024 in review', '2024 in review'],
  ])('is taken %s', (_, answer, title) => {
    expect(titleIn(answer)).toBe(title);
  });

  it('is cut between what a reader sees as characters', () => {
    expect(titleIn('👩‍👩‍👧‍👦'.repeat(60))).toMatch(/^(👩‍👩‍👧‍👦)+…$/u);
    expect(titleIn('a'.repeat(5_000))).toBe(`${'a'.repeat(79)}…`);
  });

  it.each(['', '  \n ', '<think>Hm, a title for', '""', '**', '---', '- ', 'Title:', '\u200b'])(
    'is none in %j',
    (answer) => expect(titleIn(answer)).toBeNull(),
  );
});
