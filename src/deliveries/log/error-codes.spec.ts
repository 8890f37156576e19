import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../config/index.js';
import { ERROR_CODES } from './error-codes.js';

const RULES = join(packageRoot, 'src', 'automations');

/** What is evaluated while a delivery is made. The checks of drafts and their warnings make no delivery fail. */
const EVALUATED = [
  'template',
  'evaluation',
  'default-payload.ts',
  'condition/evaluate-condition.ts',
];
const NOT_OF_DELIVERIES = new Set(['evaluation_unavailable']);

const CODE =
  /(?:\b(?:refuse|faultAt|wholeFault|faultOf|TemplateFailure)\(\s*[^'`;]*?|\bcode: )'([a-z]+(?:_[a-z]+)+)'/g;

function sources(): string[] {
  const files = readdirSync(RULES, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => EVALUATED.some((part) => file.startsWith(part)))
    .filter((file) => /(?<!\.spec|\.fixture)\.ts$/.test(file) && !file.includes('analysis'))
    .map((file) => readFileSync(join(RULES, file), 'utf8'));
}

describe('the codes that the log is searched by', () => {
  it('have every one that the rules can fail with', () => {
    const codes = new Set(
      sources().flatMap((text) => [...text.matchAll(CODE)].map(([, code = '']) => code)),
    );
    expect(codes.size).toBeGreaterThan(20);
    const missing = [...codes].filter((code) => !ERROR_CODES.includes(code));
    expect(missing.filter((code) => !NOT_OF_DELIVERIES.has(code))).toEqual([]);
  });

  it('are each there once', () => {
    expect(new Set(ERROR_CODES).size).toBe(ERROR_CODES.length);
  });
});
