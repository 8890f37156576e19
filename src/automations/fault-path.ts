import type { Fault } from '../errors.js';

/**
 * The same fault, seen from one level further out.
 *
 * @example within('condition', fault) // 'and[0].=' is 'condition.and[0].='; '[0]' is 'condition[0]'; '' is 'condition'
 */
export function within(root: string, fault: Fault): Fault {
  const { path } = fault;
  const isJoined = path === '' || path.startsWith('[');
  return { ...fault, path: isJoined ? root + path : `${root}.${path}` };
}

/** A fault of a template has a line and no path, or its path names another field of the draft. */
export function withinTemplate(fault: Fault): Fault {
  return fault.path === '' ? within('template', fault) : fault;
}
