import Runtime from 'jest-runtime';

const isOfPackage = (path) => /[\\/]node_modules[\\/]/.test(path);
/** Of Jest's own modules, the one that collects the tests of a spec file. */
const isOfOneSpecFile = (path) => /[\\/]jest-circus[\\/]/.test(path);

let kept;

/**
 * Loads packages once for all spec files that a Jest worker runs, and our own modules anew for each. Jest would load
 * everything anew, and a second went into Nest and TypeORM for each of dozens of spec files: half of what `npm test`
 * took. It reaches into Jest, whose version is pinned: see ADR 0006.
 */
class KeptPackages extends Runtime {
  constructor(...args) {
    if (kept) return kept;
    super(...args);
    kept = this;
  }

  /** Not the end of the module loader, but of a spec file. */
  teardown() {
    const { moduleRegistry, esModuleRegistry, internalModuleRegistry } = this.registries;
    const { mockRegistry, moduleMockRegistry } = this.registries;
    this.restoreAllMocks();
    mockRegistry.clear();
    moduleMockRegistry.clear();
    forget(moduleRegistry, (path) => !isOfPackage(path));
    forget(esModuleRegistry, (path) => !isOfPackage(path));
    forget(internalModuleRegistry, isOfOneSpecFile);
    this.mockState.clear();
    this.jestGlobals.clearJestObjectCache();
    this.testMainModule.reset();
    this.transformCache.clear();
    this.fileCache.clear();
  }
}

function forget(modules, isForgotten) {
  for (const path of modules.keys()) if (isForgotten(path)) modules.delete(path);
}

// Jest require()s it.
export { KeptPackages as 'module.exports' };
