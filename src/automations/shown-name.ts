const MAX_NAME_LENGTH = 40;

/** A name that somebody wrote as it may stand in a message: it may be thousands of characters long. */
export function shownName(name: string): string {
  return name.length > MAX_NAME_LENGTH
    ? `${name.slice(0, MAX_NAME_LENGTH).toWellFormed()}…`
    : name.toWellFormed();
}
