export { startTestPostgres as default } from './postgres.js';
