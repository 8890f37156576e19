import * as fc from 'fast-check';
import { processorTime } from '../../../../test/support/processor-time.js';
import { attempt, firstFault, ifThen, renderAs } from '../rendering.fixture.js';

describe('bombs end in time', () => {
  const nest = (levels: number, inner: unknown): unknown =>
    levels === 0 ? inner : { $for: 'v', in: '1..100', do: nest(levels - 1, inner) };
  const big = 'x'.repeat(100_000);
  it.each([
    ['long loop', { $for: 'i', in: '1..1000000', do: 1 }],
    ['nested loops', nest(4, 1)],
    ['nested lists', nest(3, ['{{ v }}'])],
    ['spread in loops', nest(2, { $spread: '1..4000' })],
    ['wide spread', Array.from({ length: 400 }, () => ({ $spread: '1..4000' }))],
    ['spread of fields', nest(2, { a: { $spread: 'o' } })],
    ['large texts', { $for: 'i', in: '1..1000', do: '{{ big }}!' }],
    ['large values', { $for: 'i', in: '1..1000', do: '{{ big }}' }],
    ['large objects', { $for: 'i', in: '1..1000', do: '{{ o }}' }],
    ['many long names', { $for: 'i', in: '1..1000', do: { '{{ big }}': 1 } }],
    ['many texts, each with little', Array.from({ length: 400 }, () => '{{ big }}{{ big }}')],
    ['steps over many texts', Array.from({ length: 400 }, () => '{{ (1..4000)|join }}')],
    ['deep values', { $for: 'i', in: '1..1000', do: [[[[[['{{ big }}']]]]]] }],
  ])('%s', (_name, document) => {
    const o = Object.fromEntries(Array.from({ length: 4000 }, (_, i) => [`k${i}`, i]));
    const { ms } = processorTime(() => {
      expect(renderAs('json-tree', JSON.stringify(document), { big, o })).toBe(
        'fault: template_limit',
      );
    });
    expect(ms).toBeLessThan(1000);
  });

  it.each([
    ['lists', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
    ['objects', `${'{"a":'.repeat(4_000)}1${'}'.repeat(4_000)}`],
    ['$if', `${'{"$if":"1","then":'.repeat(1_500)}1${'}'.repeat(1_500)}`],
    ['texts', JSON.stringify(Array.from({ length: 3000 }, () => '{{a}}'))],
    ['source', JSON.stringify('x'.repeat(33 * 1024))],
    ['expressions', JSON.stringify([`{{ ${'['.repeat(3000)}${']'.repeat(3000)} }}`])],
  ])('too many %s are refused quickly', (_name, source) => {
    const { ms } = processorTime(() => {
      expect(firstFault(source, {}, 'json-tree')).toMatchObject({ code: 'template_too_large' });
    });
    expect(ms).toBeLessThan(1000);
  });

  it('counts over all texts together', () => {
    const items = Array.from({ length: 20 }, () => '{{ (1..100)|join }}');
    const limits = { steps: 1000 };
    const one = JSON.stringify(items.slice(0, 1));
    const all = JSON.stringify(items);
    expect(attempt(one, {}, { limits, format: 'json-tree' })).toMatchObject({ ok: true });
    expect(attempt(all, {}, { limits, format: 'json-tree' })).toEqual({
      ok: false,
      code: 'template_limit',
    });
  });

  it('bounds the body', () => {
    const document = JSON.stringify(Array.from({ length: 30 }, () => '{{ v }}'));
    expect(attempt(document, { v: 'éé' }, { limits: { body: 100 }, format: 'json-tree' })).toEqual({
      ok: false,
      code: 'template_limit',
    });
  });
});

it('answers a value for any document, and only JSON when it answers a body', () => {
  const text = fc.constantFrom(
    'a',
    '{{ a }}',
    '{{ b',
    '{% if a %}x{% endif %}',
    '{{ a|json }}',
    'b.c',
  );
  const { document } = fc.letrec((tie) => ({
    document: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      text,
      fc.constantFrom(1, null, true),
      fc.array(tie('document'), { maxLength: 4 }),
      fc.dictionary(
        fc.constantFrom('a', '{{ a }}', '$if', 'then', 'else', '$for', 'in', 'do', '$spread'),
        tie('document'),
      ),
      fc.tuple(text, tie('document')).map(([on, part]) => ifThen(on, part)),
      fc.record({ $for: fc.constantFrom('a', 'k, v', 'x y'), in: text, do: tie('document') }),
      fc.record({ $spread: text }),
    ),
  }));
  fc.assert(
    fc.property(document, (made) => {
      const body = renderAs('json-tree', JSON.stringify(made), { a: ['x'], b: { c: { d: 1 } } });
      expect(body.startsWith('fault: ') || JSON.stringify(JSON.parse(body)) === body).toBe(true);
    }),
    { numRuns: 300 },
  );
});
