import { nearestName } from '../../../nearest-name.js';

const NO_OTHER_TEMPLATES = 'A template stands alone: use {% macro %} for repeated parts.';
const ESCAPED = 'Every printed value is escaped already: leave it out.';
const SELF = 'Call a macro of this template as _self.name(…).';
const NO_BLOCKS = 'A template stands alone and has no blocks: leave it out.';
const NO_CHANCE = 'The same event must always render the same body.';
const NO_CONSTANTS = 'Write the value itself.';
const NO_SIDE_EFFECTS = 'No expression has a side effect: use {% set %} to keep a value.';
const PATTERN = 'For a pattern use date("d.m.Y H:i").';

/** What to do instead of the things of Twig that people try most, by the name of the tag, filter, function or argument. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ['raw', 'Print data with |json: it is JSON already and is not escaped again.'],
  ['e', ESCAPED],
  ['escape', ESCAPED],
  ['autoescape', ESCAPED],
  ['endautoescape', ESCAPED],
  ['dump', 'Print data with |json.'],
  ['random', NO_CHANCE],
  ['shuffle', NO_CHANCE],
  ['now', 'Use the variable now, or date().'],
  ['strtotime', 'Use date().'],
  ['include', NO_OTHER_TEMPLATES],
  ['source', NO_OTHER_TEMPLATES],
  ['embed', NO_OTHER_TEMPLATES],
  ['extends', NO_OTHER_TEMPLATES],
  ['use', NO_OTHER_TEMPLATES],
  ['template_from_string', NO_OTHER_TEMPLATES],
  ['import', SELF],
  ['from', SELF],
  ['block', NO_BLOCKS],
  ['endblock', NO_BLOCKS],
  ['parent', NO_BLOCKS],
  ['apply', 'Capture it: {% set x %}…{% endset %}{{ x|upper }}.'],
  ['endapply', 'Capture it: {% set x %}…{% endset %}{{ x|upper }}.'],
  ['do', NO_SIDE_EFFECTS],
  ['constant', NO_CONSTANTS],
  ['enum', NO_CONSTANTS],
  ['enum_cases', NO_CONSTANTS],
  ['matches', 'Use "starts with", "ends with", "in" or "==".'],
  ['spaceless', 'White space between tags is cut with {%- and -%}.'],
  ['foreach', 'Write {% for item in list %}.'],
  ['while', 'Write {% for item in list %} or {% for i in 1..10 %}.'],
  ['elsif', 'Write {% elseif … %}.'],
  ['elif', 'Write {% elseif … %}.'],
  ['end', 'Name the tag that ends: {% endif %}, {% endfor %}.'],
  ['let', 'Write {% set name = value %}.'],
  ['assign', 'Write {% set name = value %}.'],
  ['u', 'Texts have no methods: use truncate, slug, title, upper or lower as filters.'],
  ['size', 'Use length.'],
  ['count', 'Use length.'],
  ['concat', 'Use ~ between texts, or merge for lists.'],
  ['append', 'Use ~ between texts, or merge for lists.'],
  ['strip', 'Use trim.'],
  ['substr', 'Use slice(start, length).'],
  ['implode', 'Use join.'],
  ['explode', 'Use split.'],
  ['to_json', 'Use json.'],
  ['tojson', 'Use json.'],
  ['stringify', 'Use json.'],
  ['values', 'Use map(v => v) on a list; an object is printed with its names.'],
  ['money', 'Use format_currency("EUR").'],
  ['currency', 'Use format_currency("EUR").'],
  ['strftime', 'Use date("d.m.Y H:i").'],
  ['ago', 'A body is read later than it is written: use discord_timestamp("R") or a date.'],
  ['time_diff', 'A body is read later than it is written: use discord_timestamp("R") or a date.'],
  ['pattern', PATTERN],
  ['calendar', 'Dates are Gregorian: leave it out.'],
  ['html_classes', 'The output is not HTML: use join.'],
  ['divisibleby', 'Write divisible by(3).'],
  ['sameas', 'Write same as(other).'],
  ['instanceof', 'Use sequence, mapping or iterable.'],
  ['string', 'Use same as(value ~ "").'],
]);

/** What to do about a name that is not available: advice for well-known ones, else the nearest name that is. */
export function adviceFor(name: string, available: Iterable<string>): string {
  const advice = ADVICE.get(name);
  if (advice !== undefined) return ` ${advice}`;
  const near = nearestName(name, available);
  return near === undefined ? '' : ` Did you mean "${near}"?`;
}

interface SyntaxAdvice {
  /** What Twing says. */
  message: RegExp;
  advice: string;
}

/** What to write instead of signs that other languages have. */
const SYNTAX_ADVICE: readonly SyntaxAdvice[] = [
  { message: /Unexpected character "&"/, advice: 'Write "and".' },
  {
    message: /value "\|" \("name" expected\)/,
    advice: 'A filter follows "|"; for "||" write "or".',
  },
  { message: /Unexpected character "!"/, advice: 'Write "not", or "!=" for unequal.' },
  {
    message: /Unexpected character "#"/,
    advice: 'Comments are {# … #} and stand outside of {{ }}.',
  },
  { message: /Unexpected character "\$"/, advice: 'Variables have no sign before their name.' },
  { message: /Unexpected character "[;`]"/, advice: 'Leave it out.' },
  { message: /Unexpected token "spread operator"/, advice: 'Pass the list itself: max(list).' },
  {
    message: /value "=" \("punctuation" expected with value ","\)/,
    advice: 'Arguments of macros are given by their place.',
  },
  {
    message: /operator" of value "="/,
    advice: 'Compare with "==" and assign with {% set name = value %}.',
  },
  {
    message: /Unexpected token "punctuation" of value "\."/,
    advice: 'A missing field is null and no fault: write a.b and not a?.b.',
  },
  {
    message: /Expected name or number/,
    advice: 'Join texts with ~, and read a computed field with a[b].',
  },
  { message: /name" of value "if"/, advice: 'Write {% elseif … %}.' },
  { message: /name" of value "e[+-]?\d*"/, advice: 'Write numbers without an exponent.' },
  { message: /value "\)"\.$/, advice: 'Leave out a comma before ")".' },
  { message: /of value ">"/, advice: 'Write "!=" for unequal; a field is read as a.b.' },
  { message: /hash key must be/, advice: 'Inside of {{ }} write values without {{ }}.' },
];

/** What to write instead of what Twing does not understand. */
export function syntaxAdvice(message: string): string {
  const found = SYNTAX_ADVICE.find((known) => known.message.test(message));
  return found ? ` ${found.advice}` : '';
}
