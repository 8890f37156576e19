/** The kind of record that an event type is about: what stands before its last dot, or all of it where there is none. */
export function modelTypeOf(eventType: string): string {
  const end = eventType.lastIndexOf('.');
  return end < 0 ? eventType : eventType.slice(0, end);
}
