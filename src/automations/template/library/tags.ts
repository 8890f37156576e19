/** A tag that a template may use, with its end tag `end…`. */
interface Tag {
  name: string;
  /** Tags that may stand in the middle of it. */
  branches?: readonly string[];
  /** What stands in it is text: nothing in there is a tag. */
  holdsText?: true;
  signature: string;
  /** What it does, in one line. */
  help: string;
  /** A template that uses it. */
  example: string;
}

/** All tags that there are. */
export const TAGS: readonly Tag[] = [
  {
    name: 'if',
    branches: ['elseif', 'else'],
    signature: '{% if condition %}…{% elseif condition %}…{% else %}…{% endif %}',
    help: 'Writes a part if a condition holds.',
    example: '"{% if data.active %}on{% else %}off{% endif %}"',
  },
  {
    name: 'for',
    branches: ['else'],
    signature: '{% for key, value in list %}…{% else %}…{% endfor %}',
    help: 'Writes a part for each element; `else` if there is none. `loop` tells where it is.',
    example: '"{% for tag in data.tags %}{{ loop.index }} {{ tag }} {% endfor %}"',
  },
  {
    name: 'set',
    signature: '{% set name = value %} or {% set name %}…{% endset %}',
    help: 'Gives a value, or what a part writes, a name.',
    example: '{% set points = data.points * 2 %}{{ points|json }}',
  },
  {
    name: 'with',
    signature: '{% with {name: value} only %}…{% endwith %}',
    help: 'Names that end with the part; with `only` it sees no others.',
    example: '{% with {x: 1} %}{{ x }}{% endwith %}',
  },
  {
    name: 'macro',
    signature: '{% macro name(a, b = 1) %}…{% endmacro %} called as _self.name(…)',
    help: 'A part that can be written more than once; it sees its arguments only.',
    example: '{% macro twice(x) %}{{ x }}{{ x }}{% endmacro %}"{{ _self.twice(data.rank) }}"',
  },
  {
    name: 'verbatim',
    holdsText: true,
    signature: '{% verbatim %}…{% endverbatim %}',
    help: 'Writes a part as it is, braces and all.',
    example: '"{% verbatim %}{{ name }}{% endverbatim %}"',
  },
];
