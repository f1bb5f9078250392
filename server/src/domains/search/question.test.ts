// The grammar as a table. Left what is sent, right what is read, in short:
//   {a b} plain words   (a & b)  (a | b)  !a   "a b" phrase   /con*/ pattern   a~1 fuzzy
//   near5(a, b)  onear5(a, b)   title[a]   lang=de   created:[from TO to}
import { describe, expect, it } from 'vitest'
import { parseQuestion } from './question.ts'
import { printDateRange } from './question-dates.ts'
import type { Node, PatternPart } from './question-tree.ts'

function show(node: Node): string {
  switch (node.kind) {
    case 'plain':
      return `{${node.children.map(show).join(' ')}}`
    case 'and':
      return `(${node.children.map(show).join(' & ')})`
    case 'or':
      return `(${node.children.map(show).join(' | ')})`
    case 'not':
      return `!${show(node.child)}`
    case 'word':
      return node.text
    case 'phrase':
      return `"${node.text}"`
    case 'pattern':
      return `/${node.parts.map(showPart).join('')}/`
    case 'fuzzy':
      return `${node.text}~${node.distance}`
    case 'near':
      return `${node.ordered ? 'o' : ''}near${node.distance}(${show(node.left)}, ${show(node.right)})`
    case 'text_field':
      return `${node.field}[${show(node.child)}]`
    case 'keyword':
      return `${node.field}=${node.value}`
    case 'range':
      return `${node.field}:${printDateRange(node).replaceAll('T00:00:00.000Z', '')}`
  }
}

function showPart(part: PatternPart): string {
  return part.kind === 'text' ? part.text : part.kind === 'any' ? '*' : '?'
}

function read(text: string): string {
  return show(parseQuestion(text).tree)
}

function expectTrees(rows: readonly (readonly [string, string])[]): void {
  it.each(rows)('%j reads as %s', (text, tree) => expect(read(text)).toBe(tree))
}

describe('words', () => {
  expectTrees([
    ['a', '{a}'],
    ['a b', '{a b}'],
    ['  a \t b\n', '{a b}'],
    ['a\u00a0b\u3000c', '{a b c}'],
    ['and or not near', '{and or not near}'],
    ['And Or Not Near', '{And Or Not Near}'],
    ['what is the rate?', '{what is the rate?}'],
    ['what is the rate ?', '{what is the rate}'],
    ['really?? sure?!', '{really?? sure?!}'],
    ['¿qué es?', '{¿qué es?}'],
    ['(what is it?)', '{what is it?}'],
    ["don't stop", "{don't stop}"],
    ['INV-2023-114', '{INV-2023-114}'],
    ['state-of-the-art', '{state-of-the-art}'],
    ['C++ & C#', '{C++ C#}'],
    ['a - b — c … d', '{a b c d}'],
    ['tax, fraud; (and) losses.', '{tax, fraud; and losses.}'],
    ['--verbose a', '{--verbose a}'],
    ['-- a', '{a}'],
    ['a -', '{a}'],
    ['a ^2 b^3', '{a ^2 b^3}'],
    ['50% of $5', '{50% of $5}'],
    ['~5 minutes', '{~5 minutes}'],
    ['a ~ b', '{a b}'],
    ['site/~anna', '{site/~anna}'],
    ['[1] {x} <y>', '{[1] {x} <y>}'],
    ['北京 大学', '{北京 大学}'],
    ['① ℃', '{① ℃}'],
    ['😀 a 😀', '{a}'],
    ['a, ... b', '{a, b}'],
    ['European Union (EU) law', '{European Union EU law}'],
    ['a (b (c)) d', '{a b c d}'],
    ['f(x)', '{f x}'],
    ['AND, x', '{AND, x}'],
    ['NEARBY x', '{NEARBY x}'],
    ['BNEAR x', '{BNEAR x}'],
    ['ANDROID OREGON NOTE', '{ANDROID OREGON NOTE}'],
    ['a\u0000b', '{a b}'],
    ['\ud800 a', '{a}'],
  ])
})

describe('escapes', () => {
  expectTrees([
    ['\\-5', '{-5}'],
    ['foo\\:bar', '{foo:bar}'],
    ['\\AND x', '{AND x}'],
    ['a \\OR b', '{a OR b}'],
    ['O\\R b', '{OR b}'],
    ['a NEAR\\/5 b', '{a NEAR/5 b}'],
    ['a\\ b', '{a b}'],
    ['\\"a b\\"', '{"a b"}'],
    ['a\\(b\\)', '{a(b)}'],
    ['contract\\*', '{contract*}'],
    ['wom\\?n', '{wom?n}'],
    ['word\\~1', '{word~1}'],
    ['C:\\\\dir', '{C:\\dir}'],
    ['a\\', '{a\\}'],
    ['\\a\\b', '{ab}'],
    ['title\\:x', '{title:x}'],
    ['t\\itle:x', '{title:x}'],
    ['\\- \\* a', '{a}'],
    ['a\\-bb* c', '(onear0("a", /bb*/) & c)'],
  ])
})

describe('phrases', () => {
  expectTrees([
    ['"a b"', '"a b"'],
    ['“a b”', '"a b"'],
    ['„a b“', '"a b"'],
    ['„a b”', '"a b"'],
    ['”a b”', '"a b"'],
    ['"a “b” c"', '"a “b” c"'],
    ['“a "b" c”', '"a "b" c"'],
    ['"a \\"b\\" c"', '"a "b" c"'],
    ['"a \\\\ b"', '"a \\ b"'],
    ['"a \\n b"', '"a \\n b"'],
    ['“a \\” b”', '"a ” b"'],
    ['"a AND (b* title:c"', '"a AND (b* title:c"'],
    ['"a" "b"', '("a" & "b")'],
    ['a "b c" d', '({a d} & "b c")'],
    ['"b c" a', '("b c" & {a})'],
    ['a"b c"d', '({a d} & "b c")'],
    ['a ""', '{a}'],
    ['a "…" b', '{a b}'],
    ['"what?"', '"what?"'],
    ['("a b")', '"a b"'],
    ['"a" ~ b', '("a" & {b})'],
  ])
})

describe('operators and their precedence', () => {
  expectTrees([
    ['a AND b', '(a & b)'],
    ['a AND b c', '(a & b & c)'],
    ['a b AND c', '(a & b & c)'],
    ['a OR b', '(a | b)'],
    ['a OR b OR c', '(a | b | c)'],
    ['a b OR c', '((a & b) | c)'],
    ['a OR b c', '(a | (b & c))'],
    ['a AND b OR c AND d', '((a & b) | (c & d))'],
    ['(a OR b) c', '((a | b) & c)'],
    ['(a OR b)c', '((a | b) & c)'],
    ['a (b OR c) d', '(a & (b | c) & d)'],
    ['a OR (b OR (c OR d))', '(a | b | c | d)'],
    ['a AND (b AND (c d))', '(a & b & c & d)'],
    ['a NOT b', '(a & !b)'],
    ['a AND NOT b', '(a & !b)'],
    ['NOT a b', '(!a & b)'],
    ['a -b', '(a & !b)'],
    ['-a b', '(!a & b)'],
    ['a (-b c)', '(a & !b & c)'],
    ['a -"b c"', '(a & !"b c")'],
    ['a -“b c”', '(a & !"b c")'],
    ['a -(b OR c)', '(a & !(b | c))'],
    ['a -(b c)', '(a & !(b & c))'],
    ['a NOT (b NOT c)', '(a & !(b & !c))'],
    ['a -5', '(a & !5)'],
    ['a -$5', '(a & !$5)'],
    ['a -title:b', '(a & !title[b])'],
    ['a -lang:de', '(a & !lang=de)'],
    ['a -\\*b', '(a & !*b)'],
    ['a -contract*', '(a & !/contract*/)'],
    ['a-b', '{a-b}'],
    ['a- b', '{a- b}'],
    ['"a"-b', '("a" & {-b})'],
    ['(a)-b', '{a -b}'],
    ['a -b OR c', '((a & !b) | c)'],
    ['a NOT b NOT c', '(a & !b & !c)'],
    ['NOT a AND b', '(!a & b)'],
    ['(a)', '{a}'],
    ['((a)) OR (b)', '(a | b)'],
    ['a AND & b', '(a & b)'],
    ['a OR "" b', '(a | b)'],
    ['NOT - a b', '(!a & b)'],
    ['lang:de -draft', '(lang=de & !draft)'],
    ['a AND(b)', '(a & b)'],
    ['NOT(a)b', '(!a & b)'],
    ['a AND"b c"', '(a & "b c")'],
  ])
})

describe('NEAR', () => {
  expectTrees([
    ['a NEAR b', 'near10(a, b)'],
    ['a NEAR/5 b', 'near5(a, b)'],
    ['a NEAR/0 b', 'near0(a, b)'],
    ['a NEAR/99 b', 'near99(a, b)'],
    ['a NEAR/05 b', 'near5(a, b)'],
    ['a ONEAR b', 'onear10(a, b)'],
    ['a ONEAR/3 b', 'onear3(a, b)'],
    ['"a b" NEAR/2 c', 'near2("a b", c)'],
    ['a NEAR/2"b c"', 'near2(a, "b c")'],
    ['con* NEAR/2 c', 'near2(/con*/, c)'],
    ['(a OR b) NEAR/2 c', 'near2((a | b), c)'],
    ['a NEAR/2(b OR "c d" OR con*)', 'near2(a, (b | "c d" | /con*/))'],
    ['((a OR b) OR c) NEAR/2 d', 'near2((a | b | c), d)'],
    ['(a) NEAR/2 (b)', 'near2(a, b)'],
    ['a NEAR/2 b c', '(near2(a, b) & c)'],
    ['c a NEAR/2 b', '(c & near2(a, b))'],
    ['a NEAR b OR c NEAR d', '(near10(a, b) | near10(c, d))'],
    ['c -a NEAR/2 b', '(c & !near2(a, b))'],
    ['c NOT a NEAR/2 b', '(c & !near2(a, b))'],
    ['title:(a NEAR/2 b)', 'title[near2(a, b)]'],
    ['(a NEAR b) AND (b NEAR c)', '(near10(a, b) & near10(b, c))'],
    ['a NEAR & b', 'near10(a, b)'],
    ['a \\NEAR b', '{a NEAR b}'],
    ['a NEAR a', 'near10(a, a)'],
  ])
})

describe('wildcards', () => {
  expectTrees([
    ['contract*', '/contract*/'],
    ['*tract', '/*tract/'],
    ['wom?n', '/wom?n/'],
    ['*trac*', '/*trac*/'],
    ['ab*', '/ab*/'],
    ['a*b', '/a*b/'],
    ['a?b', '/a?b/'],
    ['?abc', '/?abc/'],
    ['wom?n?', '/wom?n?/'],
    ['wom*n?', '/wom*n?/'],
    ['a**b', '/a*b/'],
    ['a*?*b', '/a?*b/'],
    ['a?*?b', '/a??*b/'],
    ['contract*, x', '(/contract*/ & x)'],
    ['contract*?', '/contract?*/'],
    ['con* tract', '(/con*/ & tract)'],
    ['con* "a b"', '(/con*/ & "a b")'],
    ['**bold**', '/*bold*/'],
    ['über*', '/über*/'],
    ['数据*', '/数据*/'],
    ['INV-20*', 'onear0("INV", /20*/)'],
    ['state-of-the-ar*', 'onear0("state of the", /ar*/)'],
    ['con*-2024', 'onear0(/con*/, "2024")'],
    ['con*/trac*', 'onear0(/con*/, /trac*/)'],
    ['*.pdf', '"pdf"'],
    ['report.*', '"report"'],
    ['a *.pdf', '(a & "pdf")'],
    ['what?-con*', 'onear0("what", /con*/)'],
    ['con\\*tra*', 'onear0("con", /tra*/)'],
    ['x? y', '{x? y}'],
  ])
})

describe('fuzzy words', () => {
  expectTrees([
    ['word~', 'word~1'],
    ['words~', 'words~1'],
    ['wordss~', 'wordss~2'],
    ['word~1', 'word~1'],
    ['word~2', 'word~2'],
    ['wordsss~1', 'wordsss~1'],
    ['a word~ b', '(a & word~1 & b)'],
    ['word~, b', '(word~1 & b)'],
    ['is it word~2?', '(is & it & word~2)'],
    ["'word~", 'word~1'],
    ['AND~', 'AND~1'],
    ['word~x', '{word~x}'],
    ['word ~1', '{word ~1}'],
    ['title:word~', 'title[word~1]'],
    ['🦄word~', 'word~1'],
  ])
})

describe('fields', () => {
  expectTrees([
    ['title:x', 'title[x]'],
    ['title:"a b"', 'title["a b"]'],
    ['title:(a b)', 'title[(a & b)]'],
    ['title:(a OR b)', 'title[(a | b)]'],
    ['title:(a -b)', 'title[(a & !b)]'],
    ['title:x*y', 'title[/x*y/]'],
    ['title:x y', '(title[x] & {y})'],
    ['y title:x z', '({y z} & title[x])'],
    ['title:a:b', 'title[a:b]'],
    ['title:AND', 'title[AND]'],
    ['title:-x', 'title[-x]'],
    ['title:what?', 'title[what?]'],
    ['title:INV-20*', 'title[onear0("INV", /20*/)]'],
    ['title: x', '{title: x}'],
    ['title:', '{title:}'],
    ['(title:)', '{title:}'],
    ['title::x', '{title::x}'],
    ['#title:x', '{#title:x}'],
    ['filename:inv*', 'filename[/inv*/]'],
    ['filename:*.pdf', 'filename["pdf"]'],
    ['title:x OR y', '(title[x] | y)'],
    ['NOT title:x y', '(!title[x] & y)'],
    ['lang:de', 'lang=de'],
    ['lang:DE', 'lang=de'],
    ['lang:pt-BR', 'lang=pt-br'],
    ['lang:"de"', 'lang=de'],
    ['lang:(de OR en)', '(lang=de | lang=en)'],
    ['is it lang:de?', '({is it} & lang=de)'],
    ['modality:image', 'modality=image'],
    ['modality:Document', 'modality=document'],
    ['mime:application/pdf', 'mime=application/pdf'],
    ['mime:Image/SVG+xml', 'mime=image/svg+xml'],
    ['mime:(text/plain OR text/html)', '(mime=text/plain | mime=text/html)'],
    ['object:obj_01', 'object=obj_01'],
    ['meta.year:2025', 'meta.year=2025'],
    ['meta.key:"two words"', 'meta.key=two words'],
    ['meta.Key_1-a.b:x', 'meta.Key_1-a.b=x'],
    ['meta.my\\ key:x', 'meta.my key=x'],
    ['meta.a\\:b:c', 'meta.a:b=c'],
    ['meta.url:http://x', 'meta.url=http://x'],
    ['meta.t:-5', 'meta.t=-5'],
    ['meta.a:AND', 'meta.a=AND'],
    ['meta.a:x~1', 'meta.a=x~1'],
    ['meta.a:\\*', 'meta.a=*'],
    ['meta.a:"*"', 'meta.a=*'],
    ['meta.a:""', 'meta.a='],
    ['meta.a:(x OR "y z")', '(meta.a=x | meta.a=y z)'],
    ['meta.a:(x -y)', '(meta.a=x & !meta.a=y)'],
    ['meta.e\u0301:e\u0301', 'meta.\u00e9=\u00e9'],
    ['meta. x', '{meta. x}'],
    ['a lang:de "b c"', '({a} & lang=de & "b c")'],
    ['lang:de lang:en', '(lang=de & lang=en)'],
    ['12:30', '{12:30}'],
    ['http://x', '{http://x}'],
    ['https://x.org/a=b', '{https://x.org/a=b}'],
    ['Title:x Note:y', '{Title:x Note:y}'],
    ['std::vector', '{std::vector}'],
    ['example.com:443', '{example.com:443}'],
    ['note: this', '{note: this}'],
    ['ratio 3:2', '{ratio 3:2}'],
  ])
})

describe('ranges', () => {
  expectTrees([
    ['created:2024', 'created:[2024-01-01 TO 2025-01-01}'],
    ['date:2024-03', 'date:[2024-03-01 TO 2024-04-01}'],
    ['date:2024-02-29', 'date:[2024-02-29 TO 2024-03-01}'],
    ['date:[2024-01-01 TO 2024-06]', 'date:[2024-01-01 TO 2024-07-01}'],
    ['date:{2023 TO 2025}', 'date:[2024-01-01 TO 2025-01-01}'],
    ['date:[2024 TO *]', 'date:[2024-01-01 TO *}'],
    ['date:[* TO 2024}', 'date:[* TO 2024-01-01}'],
    ['date:[* TO *]', 'date:[* TO *}'],
    ['created:>=2024', 'created:[2024-01-01 TO *}'],
    ['created:>2024', 'created:[2025-01-01 TO *}'],
    ['created:<=2024', 'created:[* TO 2025-01-01}'],
    ['created:<2024-03-05T10:00:00Z', 'created:[* TO 2024-03-05T10:00:00.000Z}'],
    ['created:"2024"', 'created:[2024-01-01 TO 2025-01-01}'],
    [
      'created:(2022 OR 2024)',
      '(created:[2022-01-01 TO 2023-01-01} | created:[2024-01-01 TO 2025-01-01})',
    ],
    ['created:(>=2022 <2024)', '(created:[2022-01-01 TO *} & created:[* TO 2024-01-01})'],
    ['a created:2024 b', '({a b} & created:[2024-01-01 TO 2025-01-01})'],
    ['a -created:2024', '(a & !created:[2024-01-01 TO 2025-01-01})'],
    ['what was created:2024?', '({what was} & created:[2024-01-01 TO 2025-01-01})'],
    ['created: 2024', '{created: 2024}'],
    ['date:[ 2024  TO\t2025 ]', 'date:[2024-01-01 TO 2026-01-01}'],
  ])
})

describe('offsets', () => {
  it('every node tells where it was written, in UTF-16 units', () => {
    expect(parseQuestion('𝒳 -title:"a b"').tree).toEqual({
      kind: 'and',
      children: [
        { kind: 'word', text: '𝒳', start: 0, end: 2 },
        {
          kind: 'not',
          child: {
            kind: 'text_field',
            field: 'title',
            child: { kind: 'phrase', text: 'a b', start: 10, end: 15 },
            start: 4,
            end: 15,
          },
          start: 3,
          end: 15,
        },
      ],
      start: 0,
      end: 15,
    })
  })
})

describe('what the choice of the mode needs', () => {
  it.each([
    ['a b', { hasOperators: false, onlyFields: false, isOnePhrase: false, isOneCode: false }],
    ['"a b"', { hasOperators: false, onlyFields: false, isOnePhrase: true, isOneCode: false }],
    ['a "b"', { hasOperators: false, onlyFields: false, isOnePhrase: false, isOneCode: false }],
    ['title:x lang:de', { hasOperators: false, onlyFields: true, isOnePhrase: false }],
    ['INV-20', { hasOperators: false, onlyFields: false, isOnePhrase: false, isOneCode: true }],
    ['lang:(de OR en)', { hasOperators: true, onlyFields: true }],
    ['*.pdf', { hasOperators: true, isOnePhrase: false }],
    ['con*', { hasOperators: true }],
    ['wrod~', { hasOperators: true }],
    ['(a) (b)', { hasOperators: false }],
  ])('%j', (text, facts) => {
    expect(parseQuestion(text)).toMatchObject({ text, ...facts })
  })
  it.each([
    ['what is "the rate"  of tax?', 'what is the rate of tax?'],
    ['a -b NOT "c d" lang:de created:2024', 'a'],
    ['title:x filename:y (a OR "b c") con* wom?n wrod~', 'x a b c con wrod'],
    ['lang:de', ''],
  ])('%j asks for the words %j', (text, wordsText) => {
    expect(parseQuestion(text).wordsText).toBe(wordsText)
  })
})
