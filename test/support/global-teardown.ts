export { stopTestPostgres as default } from './postgres.js';
