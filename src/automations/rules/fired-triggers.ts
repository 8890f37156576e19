/** Every trigger that an event of this type fires: its own name, `*`, `user.*` and `*.created` at each of its dots. */
export function firedBy(eventType: string): string[] {
  const fired = ['*', eventType];
  for (let dot = eventType.indexOf('.'); dot !== -1; dot = eventType.indexOf('.', dot + 1)) {
    fired.push(`${eventType.slice(0, dot)}.*`, `*${eventType.slice(dot)}`);
  }
  return fired;
}
