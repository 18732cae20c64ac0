/** Events as blocks of server-sent events, numbered on; those that the reader has are left out. */
export class EventBlocks {
  text = '';

  /**
   * @param number of the first of them
   * @param after the number of the reader's last event
   */
  constructor(
    private number: number,
    private readonly after: number,
  ) {}

  add(type: string, fields: object): void {
    if (this.number > this.after) this.write(type, fields);
    this.number += 1;
  }

  /** The last event of a stream: who has it gets it again, so that no stream is empty. */
  last(type: string, fields: object): void {
    this.write(type, fields);
    this.number += 1;
  }

  /** As `add`, without an object for each token: `head` and `tail` stand around the text. */
  delta(type: string, head: string, text: string, tail: string): void {
    const { number } = this;
    if (number > this.after)
      this.text +=
        `event: ${type}\ndata: {"type":"${type}","sequence_number":${String(number)},` +
        `${head}${JSON.stringify(text)}${tail}}\n\n`;
    this.number += 1;
  }

  private write(type: string, fields: object): void {
    const event = { type, sequence_number: this.number, ...fields };
    this.text += `event: ${type}\ndata: ${JSON.stringify(event)}\n\n`;
  }
}
