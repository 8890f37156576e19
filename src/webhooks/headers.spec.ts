import * as fc from 'fast-check';
import {
  checkCustomHeaders,
  checkMaskedValues,
  checkUnmasking,
  keepMasked,
  maskHeaders,
} from './headers.js';

const codesOf = (headers: Record<string, string>): string[] =>
  checkCustomHeaders(headers).map(({ code }) => code);

const many = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, 'v']));

describe('checkCustomHeaders', () => {
  it('accepts ordinary headers', () => {
    const headers = {
      Authorization: 'Bearer x',
      'X-Team': 'Zürich\tnorth',
      accept: '',
      __proto: 'x',
    };
    expect(checkCustomHeaders(headers)).toEqual([]);
  });

  it.each([
    'Signature',
    'webhook-id',
    'Webhook-Timestamp',
    'WEBHOOK-SIGNATURE',
    'webhook-source',
    'Content-Type',
    'User-Agent',
    'Host',
    'Content-Length',
    'Connection',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
    'Expect',
    'Proxy-Authorization',
    'proxy-connection',
    '__proto__',
  ])('refuses %s, which is not the admin’s to set', (name) => {
    expect(checkCustomHeaders({ [name]: 'x' })).toMatchObject([
      { path: `headers.${name}`, code: 'reserved_header' },
    ]);
  });

  it.each([
    ['an empty name', '', 'headers[""]'],
    ['a space', 'x y', 'headers["x y"]'],
    ['a colon', 'x:', 'headers["x:"]'],
    ['a line break', 'x\r\ny', 'headers["x\\r\\ny"]'],
    ['an umlaut', 'ü', 'headers["ü"]'],
  ])('refuses a name with %s', (_, name, path) => {
    expect(checkCustomHeaders({ [name]: 'x' })).toMatchObject([
      { path, code: 'invalid_header_name' },
    ]);
  });

  it.each([
    ['CR', 'a\rb'],
    ['LF', 'a\nb'],
    ['NUL', 'a\0b'],
    ['DEL', 'a\x7fb'],
    ['a character outside Latin-1', '€'],
    ['a lone surrogate', '\ud800'],
  ])('refuses %s in a value', (_, value) => {
    expect(codesOf({ 'x-a': value })).toEqual(['invalid_header_value']);
  });

  it('refuses more than 4096 bytes of name and value', () => {
    expect(codesOf({ abcd: 'x'.repeat(4092) })).toEqual([]);
    expect(codesOf({ abcd: 'x'.repeat(4093) })).toEqual(['header_too_long']);
  });

  it('refuses more than 32 headers', () => {
    expect(codesOf(many(32))).toEqual([]);
    expect(checkCustomHeaders(many(33))).toMatchObject([
      { path: 'headers', code: 'too_many_headers' },
    ]);
  });

  it('refuses names that differ in case only', () => {
    expect(checkCustomHeaders({ 'X-Team': 'a', 'x-team': 'b' })).toMatchObject([
      { path: 'headers.x-team', code: 'duplicate_header' },
    ]);
  });

  it('reports every fault at once', () => {
    expect(codesOf({ host: 'x', 'x y': 'x', 'x-a': '\n' })).toEqual([
      'reserved_header',
      'invalid_header_name',
      'invalid_header_value',
    ]);
  });

  it('accepts only what Node’s own client would send', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (name, value) => {
        if (checkCustomHeaders({ [name]: value }).length > 0) return;
        expect(() => new Headers([[name, value]])).not.toThrow();
      }),
    );
  });
});

describe('maskHeaders', () => {
  it('masks credentials and cookies in any case, and leaves the rest', () => {
    const headers = {
      Authorization: 'a',
      COOKIE: 'b',
      'Set-Cookie': 'c',
      'X-Api-Key': 'd',
      Accept: 'e',
    };
    expect(maskHeaders(headers, [])).toEqual({
      Authorization: '***',
      COOKIE: '***',
      'Set-Cookie': '***',
      'X-Api-Key': '***',
      Accept: 'e',
    });
  });

  it.each([
    'set-cookie2',
    'x-auth-token',
    'Private-Token',
    'x-amz-security-token',
    'X-Goog-Api-Key',
    'apikey',
    'x-access-key',
    'x-client-secret',
    'x_password',
    'x-original-authorization',
  ])('masks %s for its name', (name) => {
    expect(maskHeaders({ [name]: 'v' }, [])).toEqual({ [name]: '***' });
  });

  it.each(['x-secretary', 'tokenizer', 'x-key', 'www-authenticate', 'etag', 'signature'])(
    'leaves %s',
    (name) => {
      expect(maskHeaders({ [name]: 'v' }, [])).toEqual({ [name]: 'v' });
    },
  );

  it('masks what the admin marked', () => {
    expect(maskHeaders({ 'x-team-token': 'a', 'x-b': 'b' }, ['X-Team-Token'])).toEqual({
      'x-team-token': '***',
      'x-b': 'b',
    });
  });

  it('keeps a header called __proto__ an ordinary one', () => {
    const headers = Object.fromEntries([['__proto__', 'x']]);
    expect(Object.entries(maskHeaders(headers, []))).toEqual([['__proto__', 'x']]);
  });
});

describe('checkUnmasking', () => {
  const stored = { headers: { 'X-Token': 'secret' }, maskedHeaders: ['x-token'] };

  it('refuses to show a stored secret', () => {
    expect(checkUnmasking({ maskedHeaders: [] }, stored)).toHaveLength(1);
    const echoed = { maskedHeaders: [], headers: { 'x-token': '***' } };
    expect(checkUnmasking(echoed, stored)).toMatchObject([{ code: 'masked_value' }]);
  });

  it('allows it with a new value, without the header, and everything that unmasks nothing', () => {
    const anew = { maskedHeaders: [], headers: { 'x-token': 'shown' } };
    expect(checkUnmasking(anew, stored)).toEqual([]);
    expect(checkUnmasking({ maskedHeaders: [], headers: {} }, stored)).toEqual([]);
    expect(checkUnmasking({ maskedHeaders: ['X-TOKEN'] }, stored)).toEqual([]);
    expect(checkUnmasking({}, stored)).toEqual([]);
  });
});

describe('keepMasked', () => {
  it('keeps what was read masked and sent back, and takes what was changed', () => {
    const stored = { authorization: 'Bearer one', 'x-team': 'crm' };
    const edited = { authorization: '***', 'x-team': 'sales' };
    expect(keepMasked(edited, stored)).toEqual({
      authorization: 'Bearer one',
      'x-team': 'sales',
    });
  });

  it('finds the stored value whatever the letter case of the name', () => {
    const stored = { 'X-Api-Key': 'one' };
    expect(keepMasked({ 'x-api-key': '***' }, stored)).toEqual({ 'x-api-key': 'one' });
  });

  it('leaves out what somebody has removed in between', () => {
    expect(keepMasked({ 'x-gone': '***', 'x-team': 'crm' }, {})).toEqual({ 'x-team': 'crm' });
  });
});

describe('checkMaskedValues', () => {
  it('refuses *** only where no stored value of that name stands behind it', () => {
    const edited = { AUTHORIZATION: '***', 'x-new': '***', 'x-team': '****' };
    expect(checkMaskedValues(edited, { Authorization: 'Bearer one' })).toMatchObject([
      { path: 'headers.x-new', code: 'masked_value' },
    ]);
  });
});
