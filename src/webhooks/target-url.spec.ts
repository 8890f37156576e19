import { checkTargetUrl } from './target-url.js';

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
