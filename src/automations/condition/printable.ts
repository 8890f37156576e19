/**
 * Sees to it that JavaScript can make a text of an object, as `==`, `cat` and others do: data may have a field of the
 * name `toString`, and without a function there they would throw. What it adds is no field: nobody reads or lists it.
 */
export function makePrintable(value: object): void {
  if (typeof value.toString !== 'function') printAs('[object Object]', value);
}

/** From now on the value reads like this where a text is made of it. */
export function printAs(text: string, value: object): void {
  if (Object.hasOwn(value, Symbol.toPrimitive)) return;
  Reflect.defineProperty(value, Symbol.toPrimitive, { value: () => text });
}
