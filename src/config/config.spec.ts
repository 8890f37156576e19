import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartupError } from '../startup-error.js';
import { loadConfig, packageRoot, SETTINGS } from './index.js';

const MASTER_KEY = Buffer.alloc(32, 7).toString('base64');
const load = (environment: Record<string, string>) => loadConfig(environment, '');

/** Why a start is refused: the setting and the reason. */
function refusal(environment: Record<string, string>): string {
  try {
    load(environment);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    return `${error.setting} ${error.message}`;
  }
}

describe('loadConfig', () => {
  it('needs nothing', () => {
    const config = load({});
    expect(config).toMatchObject({
      HOST: '127.0.0.1',
      PORT: 3000,
      BUGLE_DATA_DIR: '.bugle',
      BUGLE_ROLE: 'all',
      BUGLE_SCHEMA: 'bugle',
      BUGLE_MAX_EVENT_BYTES: 262_144,
      BUGLE_RETRY_SCHEDULE: [5, 30, 120, 600, 1800, 7200, 21_600, 43_200, 86_400],
    });
    expect(config.DATABASE_URL).toBeUndefined();
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('reads numbers, lists and keys', () => {
    const config = load({
      PORT: '8080',
      BUGLE_RETRY_SCHEDULE: '1, 2.5,3',
      BUGLE_ALLOW_NETWORKS: '10.0.0.0/8, ::1/128,192.168.1.1',
      BUGLE_MASTER_KEY: MASTER_KEY,
    });
    expect(config.PORT).toBe(8080);
    expect(config.BUGLE_RETRY_SCHEDULE).toEqual([1, 2.5, 3]);
    expect(config.BUGLE_ALLOW_NETWORKS).toEqual(['10.0.0.0/8', '::1/128', '192.168.1.1']);
    expect(config.BUGLE_MASTER_KEY?.equals(Buffer.alloc(32, 7))).toBe(true);
  });

  it('takes an empty text for nothing', () => {
    const empty = Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, '']));
    expect(load(empty)).toEqual(load({}));
  });

  it.each([
    ['PORT', 'http'],
    ['DATABASE_URL', 'mysql://localhost'],
    ['BUGLE_MASTER_KEY', Buffer.alloc(31).toString('base64')],
    ['BUGLE_ADMIN_KEY', 'too short'],
    ['REDIS_URL', 'https://cache.example'],
    ['REDIS_URL', 'rediss://one.example,redis://other.example'],
    ['BUGLE_REDIS_CA_FILE', '/no/such/file.pem'],
    ['BUGLE_ROLE', 'admin'],
    ['BUGLE_ALLOW_NETWORKS', '10.0.0.0/33'],
    ['BUGLE_ALLOW_NETWORKS', 'localhost'],
    ['BUGLE_ALLOW_NETWORKS', '::ffff:10.0.0.0/8'],
    ['BUGLE_LOG_LEVEL', 'loud'],
    ['BUGLE_SCHEMA', 'Bugle; DROP'],
    ['BUGLE_RETRY_SCHEDULE', '5,,30'],
    ['BUGLE_RETRY_SCHEDULE', '-1'],
    ['BUGLE_RETRY_SCHEDULE', '1e-300'],
    ['BUGLE_RETRY_SCHEDULE', '604801'],
    ['BUGLE_RETRY_JITTER', 'some'],
  ])('names the setting when %s is %s', (name, value) => {
    expect(refusal({ [name]: value })).toMatch(new RegExp(`^${name} is not valid: `));
  });

  it.each([
    ['PORT', '65536', 'must be 65535 or less'],
    ['BUGLE_LEASE_MS', '100', 'must be 500 or more'],
    ['BUGLE_MAX_EVENT_BYTES', '1', 'must be 1024 or more'],
    ['BUGLE_RETRY_JITTER', '1', 'must be 0.9 or less'],
    ['BUGLE_RETRY_JITTER', 'some', 'is not valid: expected a number'],
    ['BUGLE_LEASE_MS', '-1', 'is not valid: expected a whole number'],
    ['BUGLE_REDIS_MODE', 'both', 'is not valid: expected single, sentinel or cluster'],
    ['BUGLE_ROLE', 'admin', 'is not valid: expected all, api or worker'],
    [
      'BUGLE_LOG_LEVEL',
      'INFO',
      'is not valid: expected fatal, error, warn, info, debug, trace or silent',
    ],
  ])('says what %s may be when it is %s', (name, value, reason) => {
    expect(refusal({ [name]: value })).toBe(`${name} ${reason}`);
  });

  it.each(Object.keys(SETTINGS))('says in words of ours what is wrong with %s', (name) => {
    for (const value of ['?', '-1', '9'.repeat(400)]) {
      expect(refusal({ [name]: value })).toMatch(
        /^(accepted$|\w+ (is not valid: expected|must be) )/,
      );
    }
  });

  it('never shows the value of a setting, which may be a secret', () => {
    expect(refusal({ BUGLE_ADMIN_KEY: 'hunter2' })).not.toContain('hunter2');
    expect(refusal({ BUGLE_MASTER_KEY: 'hunter2' })).not.toContain('hunter2');
    expect(refusal({ DATABASE_URL: 'mysql://root:hunter2@db' })).not.toContain('hunter2');
  });

  it.each([
    'postgres://bugle@/bugle?host=/var/run/postgresql',
    'postgres:///bugle?host=/var/run/postgresql',
    'postgres://%2Fvar%2Frun%2Fpostgresql/bugle',
    '/var/run/postgresql bugle',
    'postgres://db:70000/bugle',
    'postgres://bugle:hunter2#1@db/bugle',
  ])('shows how a database is named, when it is %s', (DATABASE_URL) => {
    const text = refusal({ DATABASE_URL });
    expect(text).toContain('postgres://user:password@host:5432/database');
    expect(text).toContain('postgres://user@localhost/database?host=/var/run/postgresql');
    expect(text).not.toContain('hunter2');
  });

  it.each(['postgres://bugle:hunter2%e4@db/bugle', 'postgres://bugle@db/%ff'])(
    'takes no database whose escapes are not UTF-8: %s',
    (DATABASE_URL) => {
      const text = refusal({ DATABASE_URL, BUGLE_MASTER_KEY: MASTER_KEY });
      expect(text).toMatch(/^DATABASE_URL is not valid: .*%-escapes/);
      expect(text).not.toContain('hunter2');
    },
  );

  it.each([
    'redis//:hunter2@cache',
    'redis:hunter2@cache:6379',
    'redis:hunter2',
    'redis:/:hunter2@cache',
    'cache.example',
    'redis://a:99999',
    'redis://one.example,',
    'redis://:hunter2/more@cache:6379',
    'redis://:hunter2?more@cache:6379',
    'redis://:hunter2,more@cache:6379',
    'redis://hunter:2/more@cache:6379',
    'redis://hunter:2#more@cache:6379',
    'redis://:hunter2%@cache:6379',
    'redis://:hunter2%e4@cache:6379',
  ])('shows how Redis is named, and no part of it, when it is %s', (REDIS_URL) => {
    const text = refusal({ REDIS_URL });
    expect(text).toMatch(/^REDIS_URL is not valid: expected redis:\/\/.*percent-encoded/);
    expect(text).not.toMatch(/hunter|more/);
  });

  it.each([
    'redis://cache.example',
    'rediss://bugle:p%40ss%2F%C3%A4@[::1]:6380/3',
    'redis://:a:b@c@one.example, redis://two.example:7000',
  ])('takes the Redis of %s', (REDIS_URL) => {
    expect(refusal({ REDIS_URL, BUGLE_REDIS_MODE: 'cluster' })).toBe('accepted');
  });

  it('asks for the master key together with a database', () => {
    const DATABASE_URL = 'postgres://localhost/bugle';
    expect(refusal({ DATABASE_URL })).toMatch(/^BUGLE_MASTER_KEY is required .*openssl rand/);
    expect(load({ DATABASE_URL, BUGLE_MASTER_KEY: MASTER_KEY }).DATABASE_URL).toBe(DATABASE_URL);
  });

  it.each(['postgres://u:100%@db/bugle', 'postgres://u:%zz@db/bugle', 'postgres://u:%C3%A4@db/b'])(
    'takes the database of %s, as pg does',
    (DATABASE_URL) => {
      expect(refusal({ DATABASE_URL, BUGLE_MASTER_KEY: MASTER_KEY })).toBe('accepted');
    },
  );

  it('asks for certificates when a file has none', () => {
    expect(refusal({ BUGLE_REDIS_CA_FILE: import.meta.filename })).toBe(
      'BUGLE_REDIS_CA_FILE is not valid: expected the path of a file of certificates in PEM format',
    );
  });

  it('takes no certificates for a Redis that is spoken to in plain text', () => {
    const BUGLE_REDIS_CA_FILE = join(packageRoot, 'test/fixtures/tls/ca.pem');
    const REDIS_URL = 'redis://:hunter2@cache.example';
    expect(refusal({ BUGLE_REDIS_CA_FILE, REDIS_URL })).toBe(
      'BUGLE_REDIS_CA_FILE is for TLS, and REDIS_URL asks for plain text: write rediss:// there, or leave this setting empty',
    );
    expect(refusal({ BUGLE_REDIS_CA_FILE, REDIS_URL: 'rediss://cache.example' })).toBe('accepted');
    expect(refusal({ BUGLE_REDIS_CA_FILE })).toBe('accepted');
  });

  it('refuses a misspelt setting with the right name', () => {
    expect(refusal({ BUGLE_LOGLEVEL: 'info' })).toBe(
      'BUGLE_LOGLEVEL is not a setting of Bugle; did you mean BUGLE_LOG_LEVEL?',
    );
    expect(refusal({ BUGLE_: '1' })).toContain('is not a setting of Bugle');
    expect(refusal({ BUGLER_NAME: 'x', LANG: 'C' })).toBe('accepted');
  });

  it('counts a role on the command line more than the environment', () => {
    expect(loadConfig({ BUGLE_ROLE: 'api' }, '', { BUGLE_ROLE: 'worker' }).BUGLE_ROLE).toBe(
      'worker',
    );
  });
});

describe('the .env file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bugle-config-'));
  const file = join(folder, '.env');
  afterAll(() => rmSync(folder, { recursive: true }));

  it('lies beneath the environment', () => {
    writeFileSync(file, 'PORT=4000 # a comment\nBUGLE_LOG_LEVEL="debug"\n');
    expect(loadConfig({}, file)).toMatchObject({ PORT: 4000, BUGLE_LOG_LEVEL: 'debug' });
    expect(loadConfig({ PORT: '5000' }, file)).toMatchObject({ PORT: 5000 });
  });

  it('is checked like the environment', () => {
    writeFileSync(file, 'BUGLE_LOGLEVEL=info\n');
    expect(() => loadConfig({}, file)).toThrow('did you mean BUGLE_LOG_LEVEL?');
  });
});
