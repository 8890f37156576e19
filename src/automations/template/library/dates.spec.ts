import { evaluate, firstFault, render } from '../rendering.fixture.js';

const now = '2030-01-01T00:00:00.000Z';
const inZone = (timeZone: string, expression: string): unknown =>
  evaluate(expression, { workspace: { timeZone }, now });
const berlin = (expression: string): unknown => inZone('Europe/Berlin', expression);

describe('the time zone', () => {
  it('is the workspace’s for reading and showing, and UTC when there is none', () => {
    const expression = '"2026-07-01 12:00"|date';
    expect(evaluate(expression)).toBe('2026-07-01T12:00:00+00:00');
    expect(berlin(expression)).toBe('2026-07-01T12:00:00+02:00');
    expect(inZone('America/New_York', expression)).toBe('2026-07-01T12:00:00-04:00');
    expect(inZone('Asia/Kathmandu', '"2026-07-01T00:00:00Z"|date')).toBe(
      '2026-07-01T05:45:00+05:45',
    );
  });

  it('never moves a date without a time to another day', () => {
    for (const zone of ['Pacific/Kiritimati', 'America/New_York', 'Pacific/Pago_Pago', 'UTC']) {
      expect(inZone(zone, '"2026-01-31"|date("Y-m-d")')).toBe('2026-01-31');
      expect(inZone(zone, '"2026-01-31"|format_date("short")')).toBe('1/31/26');
    }
  });

  it('is not what a template calls workspace, and holds in macros too', () => {
    const hour = '{{ date("2026-01-01T00:00:00Z")|date("H") }}';
    const macro = `{% macro hour() %}${hour}{% endmacro %}`;
    const assigned = '{% set workspace = {timeZone: "Asia/Tokyo"} %}';
    const data = { workspace: { timeZone: 'Europe/Berlin' } };
    expect(render(`${macro}${assigned}"${hour} {{ _self.hour() }}"`, data)).toBe('01 01');
    expect(render(`${macro}"${hour} {{ _self.hour() }}"`)).toBe('00 00');
  });

  it.each(['Europe/Nowhere', '', '../etc', '+02:00', 'x'.repeat(100)])('%j is none', (zone) => {
    const fault = firstFault(`"{{ now|date('H', '${zone}') }}"`, { now });
    expect(fault?.code).toBe(zone === '' ? undefined : 'template_error');
  });
});

describe('date_modify', () => {
  it.each([
    ['"2026-03-28 12:00"|date_modify("+1 day")', '2026-03-29T10:00:00.000Z'],
    ['"2026-03-28 12:00"|date_modify("+24 hours")', '2026-03-29T11:00:00.000Z'],
    ['"2026-03-28 02:30"|date_modify("+1 day")', '2026-03-29T01:30:00.000Z'],
    ['"2026-10-24 02:30"|date_modify("+1 day")', '2026-10-25T00:30:00.000Z'],
    ['"2026-10-25T00:30:00Z"|date_modify("+1 hour")', '2026-10-25T01:30:00.000Z'],
    ['"2026-10-26 02:30"|date_modify("-1 day")', '2026-10-25T00:30:00.000Z'],
    ['"2026-01-31 10:00"|date_modify("+1 month")', '2026-03-03T09:00:00.000Z'],
    ['"2026-01-31 10:00"|date_modify("first day of next month")', '2026-02-01T09:00:00.000Z'],
    ['"2026-01-31 10:00"|date_modify("last day of next month noon")', '2026-02-28T11:00:00.000Z'],
    ['"2024-02-29"|date_modify("+1 year")|date("Y-m-d")', '2025-03-01'],
    ['"2026-01-31"|date_modify("tomorrow noon")|date("c")', '2026-02-01T12:00:00+01:00'],
    ['"2026-01-31 10:00"|date_modify("yesterday")|date("c")', '2026-01-30T00:00:00+01:00'],
    ['"2026-01-31 10:00"|date_modify("next monday")|date("D j")', 'Mon 2'],
    ['"2026-01-31 10:00"|date_modify("saturday")|date("D j")', 'Sat 31'],
    ['"2026-01-31 10:00"|date_modify("next saturday")|date("D j")', 'Sat 7'],
    ['"2026-01-31 10:00"|date_modify("last saturday")|date("D j")', 'Sat 24'],
    ['"2026-01-31 10:00"|date_modify("3 weeks ago")|date("Y-m-d H")', '2026-01-10 10'],
    ['"2026-01-31 10:00"|date_modify("+1day-2hours")|date("d H")', '01 08'],
    ['"2026-01-31 10:00"|date_modify("+1 day", "UTC")', '2026-02-01T10:00:00.000Z'],
    ['null|date_modify("+1 day")', null],
  ])('%s', (expression, expected) => {
    expect(berlin(expression)).toEqual(expected);
  });

  it.each(['', 'soon', '+1', '+1 dayz', 'first day', '+1 day; drop', '+1 day '.repeat(40)])(
    '%j is refused',
    (modifier) => {
      expect(berlin(`now|date_modify("${modifier}")`)).toBe('fault: template_error');
    },
  );
});

describe('reading a date', () => {
  it.each([
    ['"2026-01-31T12:00:00Z"', '2026-01-31T12:00:00.000Z'],
    ['"2026-01-31T12:00:00.123456Z"', '2026-01-31T12:00:00.123Z'],
    ['"2026-01-31T12:00+01:00"', '2026-01-31T11:00:00.000Z'],
    ['"2026-01-31 12:00:00-0530"', '2026-01-31T17:30:00.000Z'],
    ['"2026-01-31T12:00:00+01"', '2026-01-31T11:00:00.000Z'],
    ['1700000000', '2023-11-14T22:13:20.000Z'],
    ['"1700000000"', '2023-11-14T22:13:20.000Z'],
    ['"1700000000000"', '2023-11-14T22:13:20.000Z'],
    ['1700000000000', '2023-11-14T22:13:20.000Z'],
    ['"0050-01-01T00:00:00Z"', '0050-01-01T00:00:00.000Z'],
    ['"now"', now],
  ])('%s', (written, expected) => {
    expect(berlin(`date(${written})`)).toBe(expected);
  });

  it.each([
    '"2026-02-30"',
    '"2026-13-01"',
    '"2026-01-01T25:00Z"',
    '"soon"',
    'true',
    '[]',
    '1e',
    '"2026"',
  ])('%s is none', (written) => {
    expect(berlin(`date(${written})`)).toMatch(/^fault: /);
  });
});

describe('languages', () => {
  it.each([
    ['"2026-01-31T12:00:00Z"|format_datetime', 'Jan 31, 2026, 1:00:00 PM'],
    ['"2026-01-31T12:00:00Z"|format_datetime("none", "short", "UTC", "de")', '12:00'],
    ['"2026-01-31T12:00:00Z"|format_date("long", locale="fr_FR")', '31 janvier 2026'],
    ['"2026-01-31T12:00:00Z"|format_datetime("none", "none")', ''],
    ['null|format_date', ''],
    ['1234.5|format_number(locale="de")', '1.234,5'],
    ['0.5|format_number(0, style="percent")', '50%'],
    ['"1234.567"|format_number(1)', '1,234.6'],
    ['12|format_currency("eur", "de")', '12,00\u00a0€'],
    ['12|format_currency("JPY")', '¥12'],
  ])('%s', (expression, expected) => {
    expect(berlin(expression)).toBe(expected);
  });

  it.each([
    '1|format_number(locale="xx-invalid-locale-name-of-nobody")',
    '1|format_number(locale="zz")',
    '1|format_number(21)',
    '1|format_number(style="currency")',
    '1|format_currency("EURO")',
    'now|format_date("relative_short")',
    'now|discord_timestamp("x")',
    'now|discord_timestamp("")',
  ])('%s is refused', (expression) => {
    expect(berlin(expression)).toMatch(/^fault: template_(error|limit)$/);
  });
});
