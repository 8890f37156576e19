import { closedObject, type Field, listedField } from '../../context/field.js';
import { type Reading, readingAt } from './readings.js';

/** Names that a part of a template has of its own. */
export interface Declared {
  own?: ReadonlyMap<string, Reading>;
  /** A value whose fields are names there. */
  holder?: Reading;
  /** Whether there may be others. */
  open?: boolean;
}

const NONE: ReadonlyMap<string, Reading> = new Map();

/** What a name stands for at a place of a template; the counterpart of `Scope`, before there are values. */
export class KnownNames {
  readonly #own: Map<string, Reading>;
  /** A value whose fields are names here. */
  readonly #holder: Reading | undefined;
  /** Whether any other name may be there too: `with` of a value that is not known. */
  readonly isOpen: boolean;

  private constructor(
    private readonly context: Field,
    private readonly parent: KnownNames | undefined,
    { own = NONE, holder, open = false }: Declared,
  ) {
    this.#own = new Map(own);
    this.#holder = holder;
    this.isOpen = open || (holder?.field.open ?? false) || (parent?.isOpen ?? false);
  }

  /** The names of the context. */
  static root(context: Field): KnownNames {
    const entries = Object.entries(context.fields ?? {}).map(([name, field]): [string, Reading] => [
      name,
      { field, path: name, label: name },
    ]);
    return new KnownNames(context, undefined, { own: new Map(entries), open: context.open });
  }

  /** The body of a macro, `with … only`: nothing else is seen. */
  isolated(declared: Declared): KnownNames {
    return new KnownNames(this.context, undefined, declared);
  }

  /** What is declared inside ends with it. */
  nested(declared: Declared = {}): KnownNames {
    return new KnownNames(this.context, this, declared);
  }

  get(name: string): Reading | undefined {
    return this.#own.get(name) ?? this.#held(name) ?? this.parent?.get(name);
  }

  declare(name: string, reading: Reading): void {
    this.#own.set(name, reading);
  }

  /** What can be read here, the innermost first. */
  some(most: number): string[] {
    const own = [...this.#own.keys(), ...Object.keys(this.#holder?.field.fields ?? {})];
    if (own.length >= most || !this.parent) return own.slice(0, most);
    return [...own, ...this.parent.some(most - own.length)];
  }

  /** Whether the context has it, though it cannot be seen from here. */
  hides(name: string): boolean {
    return listedField(this.context, name) !== undefined && !this.get(name);
  }

  /** The path of a field of the data, if it has one of that name: whoever writes `name` may mean `data.name`. */
  inData(name: string): string | undefined {
    const data = this.get('data');
    return data?.path === 'data' && listedField(data.field, name) ? `data.${name}` : undefined;
  }

  #held(name: string): Reading | undefined {
    const holder = this.#holder;
    if (!holder || !listedField(holder.field, name)) return undefined;
    return { ...readingAt(holder, name), label: name };
  }
}

const number = (description: string): Field => ({ type: 'number', description, open: false });
const boolean = (description: string): Field => ({ type: 'boolean', description, open: false });

/** The variable `loop` inside of a loop. */
export const LOOP: Reading = {
  label: 'loop',
  field: closedObject('Where the loop is.', {
    index: number('The turn, from 1.'),
    index0: number('The turn, from 0.'),
    revindex: number('Turns that are left, this one among them.'),
    revindex0: number('Turns that are left.'),
    first: boolean('Whether it is the first turn.'),
    last: boolean('Whether it is the last turn.'),
    length: number('How many turns there are.'),
    parent: closedObject('The place around the loop.', { loop: { type: 'any', open: true } }),
  }),
};
