import { checkTargetAddress, checkTargetUrl } from './target-url.js';

it.each([
  'https://example.com/hooks/bugle?team=crm',
  'http://127.0.0.1:4000/hook',
  'http://[::1]:4000',
  'https://bücher.example/ä?q=ü',
  'HTTPS://EXAMPLE.COM',
  `https://example.com/${'x'.repeat(2000)}`,
])('%.60s is accepted', (url) => {
  expect(checkTargetUrl(url)).toEqual([]);
});

it.each([
  ['', 'invalid_url'],
  ['example.com/hook', 'invalid_url'],
  ['/hook', 'invalid_url'],
  ['https://', 'invalid_url'],
  ['http://[::1', 'invalid_url'],
  ['http://a b/', 'invalid_url'],
  ['ftp://example.com', 'invalid_url_scheme'],
  ['javascript:alert(1)', 'invalid_url_scheme'],
  ['file:///etc/passwd', 'invalid_url_scheme'],
  ['https://user@example.com', 'url_has_credentials'],
  ['https://:secret@example.com', 'url_has_credentials'],
  ['https://example.com/#part', 'url_has_fragment'],
  ['https://example.com/#', 'url_has_fragment'],
  ['https://example.com:0/', 'invalid_url'],
  ['https://example.com\\@inside.example/', 'invalid_url'],
  ['https://example.com/a\tb', 'invalid_url'],
  ['https://example.com/\u0085', 'invalid_url'],
  ['https://example.com/\u2028', 'invalid_url'],
  ['http://[fe80::1%25eth0]/', 'invalid_url'],
  ['http://127.0.0.256/', 'invalid_url'],
  ['https://example.com:99999/', 'invalid_url'],
  [`https://example.com/${'x'.repeat(2048)}`, 'url_too_long'],
  [`https://example.com/${'€'.repeat(300)}`, 'url_too_long'],
])('%.60s is refused: %s', (url, code) => {
  expect(checkTargetUrl(url)).toMatchObject([{ path: 'url', code }]);
});

it('a refusal does not repeat the credentials', () => {
  const faults = checkTargetUrl('https://root:hunter2@example.com');
  expect(JSON.stringify(faults)).not.toContain('hunter2');
});

it.each(['http://h:70000/', 'https://example.com:65536', 'http://[::1]:99999?a'])(
  'says that the port of %s is out of range',
  (url) => {
    expect(checkTargetUrl(url)[0]?.message).toMatch(/^names the port \d+, which is out of range/);
  },
);

describe('checkTargetAddress', () => {
  it.each([
    ['http://127.0.0.1/', '127.0.0.1'],
    ['http://127.1:4000/hook', '127.0.0.1'],
    ['http://0x7f.1/', '127.0.0.1'],
    ['http://0177.0.0.1/', '127.0.0.1'],
    ['http://2130706433/', '127.0.0.1'],
    ['http://１２７.0.0.1/', '127.0.0.1'],
    ['http://127.0.0.1./', '127.0.0.1'],
    ['http://0/', '0.0.0.0'],
    ['http://10.0.0.1/', '10.0.0.1'],
    ['https://192.168.1.20/', '192.168.1.20'],
    ['http://169.254.169.254/latest/meta-data', '169.254.169.254'],
    ['http://100.100.100.200/', '100.100.100.200'],
    ['http://[::1]/', '::1'],
    ['http://[::ffff:10.0.0.1]/', '::ffff:a00:1'],
    ['http://[fd00:ec2::254]/', 'fd00:ec2::254'],
    ['http://[64:ff9b::7f00:1]/', '64:ff9b::7f00:1'],
    ['http://localhost:3000/', '127.0.0.1'],
    ['http://LOCALHOST./', '127.0.0.1'],
    ['http://app.localhost/', '127.0.0.1'],
    ['http://ｌｏｃａｌｈｏｓｔ/', '127.0.0.1'],
  ])('%s is refused, and the way out is named', (url, address) => {
    const [fault, ...more] = checkTargetAddress(url);
    expect(fault).toMatchObject({ path: 'url', code: 'target_forbidden' });
    expect(fault?.message).toContain(`is at ${address}, which`);
    expect(fault?.message).toContain('BUGLE_ALLOW_NETWORKS');
    expect(more).toEqual([]);
  });

  it.each([
    'https://example.com',
    'http://8.8.8.8/',
    'http://[2606:4700::1]/',
    'http://receiver/',
    '',
  ])('%j is accepted, or judged later', (url) => {
    expect(checkTargetAddress(url)).toEqual([]);
  });

  it.each([
    'http://127.1/',
    'http://localhost/',
    'http://x.localhost/',
    'http://10.0.0.1/',
    'http://[::ffff:a00:1]/',
  ])('%s is accepted when its network is allowed', (url) => {
    expect(checkTargetAddress(url, ['127.0.0.0/8', '10.0.0.0/8'])).toEqual([]);
  });
});
