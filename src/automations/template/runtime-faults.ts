import type { Fault } from '../../errors.js';
import { faultAt, faultOf } from './faults.js';
import { jsonErrorOffset } from './json-error.js';
import { TemplateFailure } from './limits.js';
import type { Piece, Place } from './run.js';

/** What ended a render, as a fault. The message never holds a value of the event. */
export function runtimeFault(error: unknown, place: Place | undefined): Fault {
  const { code, message } = describe(error);
  return place ? faultAt(place, code, message) : faultOf(code, message);
}

function describe(error: unknown): { code: string; message: string } {
  if (error instanceof TemplateFailure) return error;
  if (error instanceof RangeError) {
    return { code: 'template_limit', message: 'The template nests data too deeply.' };
  }
  // A bug of ours. Its message could quote a value, so only its kind is told.
  const kind = error instanceof Error ? error.name : typeof error;
  return { code: 'template_error', message: `The template could not be rendered (${kind}).` };
}

/** The part of the template that wrote the first thing that is not JSON. */
export function notJsonFault(body: string, pieces: readonly Piece[]): Fault {
  const message =
    'The rendered body is not valid JSON from here on. Outside quotes print values with |json.';
  const place = placeOfOffset(pieces, jsonErrorOffset(body));
  return place ? faultAt(place, 'not_json', message) : faultOf('not_json', message);
}

function placeOfOffset(pieces: readonly Piece[], offset: number): Place | undefined {
  let start = 0;
  let empty: Place | undefined;
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
  return empty ?? pieces.at(-1)?.place;
}

/** The place after this much text. Where whitespace control cut some of it, it is a little early. */
function advance({ line, column }: Place, text: string): Place {
  const lines = text.split('\n');
  const last = lines.at(-1) ?? '';
  if (lines.length === 1) return { line, column: column + last.length };
  return { line: line + lines.length - 1, column: last.length + 1 };
}
