import { addressOf, shownAddress } from './redis-address.js';

describe('the address of a Redis server', () => {
  it('has a host, a port and a database', () => {
    expect(addressOf('redis://cache.example:7000/3', 6379)).toEqual({
      host: 'cache.example',
      port: 7000,
      username: undefined,
      password: undefined,
      db: 3,
      tls: false,
    });
  });

  it('has defaults for what is not said', () => {
    expect(addressOf('redis://cache.example', 26379)).toMatchObject({ port: 26379, db: 0 });
  });

  it('may have a password with characters that URLs escape, and TLS', () => {
    expect(addressOf('rediss://admin:p%40ss%2Fw@[::1]:6380', 6379)).toMatchObject({
      host: '::1',
      username: 'admin',
      password: 'p@ss/w',
      tls: true,
    });
  });

  it('is shown without the password', () => {
    expect(shownAddress('redis://admin:secret@cache.example:7000/3')).toBe('cache.example:7000');
  });
});
