export { createApp, type RunningServer, start } from './start.js';
export { welcome } from './welcome.js';
