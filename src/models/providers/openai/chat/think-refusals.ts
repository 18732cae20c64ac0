import type { Think } from '../../../../domain/model.js';

/** How a request says how much to think: levels and switches are different fields. */
export interface ThinkFields {
  reasoning_effort?: string;
  chat_template_kwargs?: { enable_thinking: boolean };
}

/**
 * What models refused of the ways to be asked to think. Nothing says so beforehand: a level becomes
 * `true`, and a `false` that the server does not know is left out.
 */
export class ThinkRefusals {
  private readonly refused = new Map<string, Set<'level' | 'off'>>();

  /** The fields of a request that asks this model so. */
  fieldsOf(model: string, think: Think | null): ThinkFields {
    const refused = this.refused.get(model);
    if (typeof think === 'string') {
      return refused?.has('level') ? switched(true) : { reasoning_effort: think };
    }
    return think === null || (!think && refused?.has('off')) ? {} : switched(think);
  }

  /** Notes a refusal; false where there is no other way to ask. */
  note(model: string, think: Think | null): boolean {
    if (think === null || think === true) return false;
    const kind = typeof think === 'string' ? 'level' : 'off';
    const refused = this.refused.get(model) ?? new Set();
    const isNew = !refused.has(kind);
    this.refused.set(model, refused.add(kind));
    return isNew;
  }
}

function switched(enabled: boolean): ThinkFields {
  return { chat_template_kwargs: { enable_thinking: enabled } };
}
