import { TestEnvironment } from 'jest-environment-node';

/** What Jest leaves in the global scope for the next spec file to find, and to take for its own. */
const isOfOneSpecFile = (symbol) =>
  symbol === Symbol.for('EVENT_HANDLERS') || symbol.description === 'JEST_STATE_SYMBOL';

let kept;

/**
 * One global scope for all spec files that a Jest worker runs, one after the other: a package that was loaded for one
 * (kept-packages.mjs) then belongs to the world of the next. No spec file may leave anything in globalThis.
 */
export default class KeptScope extends TestEnvironment {
  constructor(config, context) {
    if (kept) return kept;
    super(config, context);
    this.variables = { ...this.global.process.env };
    kept = this;
  }

  /** Not the end of the scope, but of a spec file. */
  teardown() {
    this.fakeTimersModern.dispose();
    for (const symbol of Object.getOwnPropertySymbols(this.global)) {
      if (isOfOneSpecFile(symbol)) delete this.global[symbol];
    }
    // TypeORM's list of decorated classes: each spec file loads entities of its own.
    delete this.global.typeormMetadataArgsStorage;
    const { env } = this.global.process;
    for (const name of Object.keys(env)) if (!(name in this.variables)) delete env[name];
    Object.assign(env, this.variables);
    return Promise.resolve();
  }
}
