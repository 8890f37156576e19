export { commandLine } from './command-line.js';
export { loadConfig, SETTINGS, type Config, type Limits } from './config.js';
export { embeddedMasterKey, keepAdminKey } from './key-files.js';
export { packageRoot, packageVersion } from './package-info.js';

/** Injects the parsed settings: `@Inject(CONFIG) config: Config`. */
export const CONFIG = Symbol('CONFIG');
