/** What a program needs of any environment. */
const needed = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'SystemRoot'];

/** The environment of a process of ours: nothing of the environment of the tests may set a server. */
export function bareEnvironment(): Record<string, string> {
  return Object.fromEntries(
    needed.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
