import { isATwingError } from 'twing/light';
import type { Fault } from '../../errors.js';
import { syntaxAdvice } from './library/advice.js';
import type { SourcePlace } from './place.js';

const MAX_MESSAGE_LENGTH = 300;

/** A fault of a template at a place in its source. */
export function faultAt({ line, column }: SourcePlace, code: string, message: string): Fault {
  return { path: '', code, message, line, column };
}

/** A fault of a template as a whole. */
export function wholeFault(code: string, message: string): Fault {
  return { path: '', code, message };
}

/** Ends a compilation, because every further level would need more of the stack. */
export class NestedTooDeeply extends Error {
  constructor(readonly place: SourcePlace) {
    super('The template is nested too deeply.');
  }
}

/** Whatever was thrown while a template was parsed or compiled, as a fault that a person understands. */
export function syntaxFault(error: unknown): Fault {
  if (error instanceof NestedTooDeeply) {
    return faultAt(error.place, 'template_too_large', error.message);
  }
  if (error instanceof RangeError) {
    return wholeFault('template_too_large', 'The template is nested too deeply to be read.');
  }
  if (!(error instanceof Error) || !isATwingError(error)) {
    return wholeFault(
      'syntax_error',
      'The template ends too early: a tag, a print or a bracket is not closed.',
    );
  }
  // The location may be a token or a whole node: only its two numbers are read.
  return faultAt(error.location, 'syntax_error', readable(error.rootMessage));
}

function readable(message: string): string {
  const plain = message.replace(' of value "null"', '').replace(/\{(\d+):(\d+)\}/g, '$1:$2');
  const short =
    plain.length > MAX_MESSAGE_LENGTH ? `${plain.slice(0, MAX_MESSAGE_LENGTH)}…` : plain;
  return short + syntaxAdvice(plain);
}
