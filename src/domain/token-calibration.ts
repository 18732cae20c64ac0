/** What a model's tokenizer makes of our estimates: a factor for each kind of writing, by its name. */
export interface TokenCalibration {
  /** Full name of the model. */
  readonly model: string;
  readonly factors: Readonly<Record<string, number>>;
}
