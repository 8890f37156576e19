import type { Fault } from '../../../errors.js';
import { faultAt } from '../faults.js';
import { jsonErrorOffset } from '../values/json-error.js';
import { TemplateFailure } from '../limits.js';
import type { SourcePlace } from '../place.js';
import type { Piece, Run } from './run.js';

/** Why what was rendered cannot be sent in its format. */
export type BodyFailure = 'not_json' | 'form_not_object';

/** What ended a render, as a fault. The message never holds a value of the event. */
export function runtimeFault(error: unknown, { part, place }: Run): Fault {
  const { code, message } = describe(error);
  if (part) return faultAt(part.locate(place ?? START), code, `${part.path}: ${message}`);
  return faultAt(place ?? START, code, message);
}

/** Of what nobody wrote in one place: an empty body, a body that is too large. */
export const START: SourcePlace = { line: 1, column: 1 };

function describe(error: unknown): { code: string; message: string } {
  if (error instanceof TemplateFailure) return error;
  if (error instanceof RangeError) {
    return { code: 'template_limit', message: 'The template nests data too deeply.' };
  }
  // A bug of ours. Its message could quote a value, so only its kind is told.
  const kind = error instanceof Error ? error.name : typeof error;
  return { code: 'template_error', message: `The template could not be rendered (${kind}).` };
}

/** A body that was refused, with the part of the template that wrote the first thing that is wrong in it. */
export function bodyFault(code: BodyFailure, body: string, pieces: readonly Piece[]): Fault {
  const offset = code === 'not_json' ? jsonErrorOffset(body) : body.search(/\S/);
  return faultAt(placeOfOffset(pieces, offset) ?? START, code, MESSAGES[code]);
}

const MESSAGES: Readonly<Record<BodyFailure, string>> = {
  not_json:
    'The rendered body is not valid JSON from here on. Outside quotes print values with |json.',
  form_not_object: 'A form is made of the fields of one JSON object: begin with { and end with }.',
};

function placeOfOffset(pieces: readonly Piece[], offset: number): SourcePlace | undefined {
  let start = 0;
  let empty: SourcePlace | undefined;
  for (const piece of pieces) {
    const { text, place, literal } = piece;
    const isHere = offset < start + text.length;
    const before = isHere ? text.slice(0, offset - start) : text;
    if (before.trim() !== '') empty = undefined;
    // A print that printed nothing is what is wrong with `{"a": {{ missing }} }`, and not the bracket after it.
    if (isHere) return empty ?? (literal ? advance(place, before) : place);
    if (text === '' && !literal) empty = place;
    start += text.length;
  }
  const last = pieces.at(-1);
  return empty ?? (last?.literal ? advance(last.place, last.text) : last?.place);
}

/** The place after this much text. Where whitespace control cut some of it, it is a little early. */
function advance({ line, column }: SourcePlace, text: string): SourcePlace {
  const lines = text.split('\n');
  const last = lines.at(-1) ?? '';
  if (lines.length === 1) return { line, column: column + last.length };
  return { line: line + lines.length - 1, column: last.length + 1 };
}
