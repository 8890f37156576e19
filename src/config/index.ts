export { commandLine } from './command-line.js';
export { loadConfig } from './config.js';
export { embeddedMasterKey, keepAdminKey } from './key-files.js';
export { packageRoot, packageVersion } from './package-info.js';
export { type Config, type Limits, SETTINGS } from './settings.js';

/** Injects the parsed settings: `@Inject(CONFIG) config: Config`. */
export const CONFIG = Symbol('CONFIG');
