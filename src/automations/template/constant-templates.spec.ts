import { compileTemplate } from './index.js';

describe('a template without any Twig', () => {
  it.each([
    ['json-text', 'hello', { code: 'not_json', line: 1, column: 1 }],
    ['json-text', '{"a":', { code: 'not_json', line: 1, column: 6 }],
    ['json-text', '', { code: 'not_json', line: 1, column: 1 }],
    ['json-text', ' \n ', { code: 'not_json', line: 2, column: 2 }],
    ['json-text', '{"a": 1,\n "b" 2}', { code: 'not_json', line: 2, column: 6 }],
    ['form', 'a=1', { code: 'not_json', line: 1, column: 1 }],
    ['form', '\n [1]', { code: 'form_not_object', line: 2, column: 2 }],
  ] as const)('is refused when it is saved, as %s: %j', (format, source, fault) => {
    expect(compileTemplate(source, { format })).toMatchObject({ ok: false, faults: [fault] });
  });

  it.each([
    ['json-text', ' {"a": [1]}\n'],
    ['form', '{"a": [1]}'],
    ['text', 'hello'],
    ['text', ''],
  ] as const)('is right as %s: %j', (format, source) => {
    expect(compileTemplate(source, { format })).toMatchObject({ ok: true });
  });
});
