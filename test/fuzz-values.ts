// What the fuzz puts into fields: what their schemas allow, and what nobody would send in good faith.
import type { InputSchema } from '@ipto/contract/operation.ts'
import fc from 'fast-check'

/** Stands in a body as this JSON and in an address as this text, not encoded once more. */
export class Raw {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** An id that is chosen when the request is made, among those that answers have shown so far. */
export class IdPick {
  readonly whose: 'seen' | 'same' | 'unknown'
  readonly place: number
  constructor(whose: IdPick['whose'], place: number) {
    this.whose = whose
    this.place = place
  }
}

export const isIdName = (name: string) => /(^|_)ids?$/.test(name)

const megabyte = 1_048_576

/** Each goes into each string field of each body. */
export const hardTexts: unknown[] = [
  'a\0b',
  '\0',
  new Raw('"\\u0000"'),
  new Raw('"a\\ud800b"'),
  new Raw('"\\udc00"'),
  new Raw('"\\udc00\\ud800"'),
  new Raw('"\\ud83d\\ude00"'),
  '\u202eabc\u200f\u2066def',
  '\u{1f4d7}\u{10ffff}\u{1f468}\u200d\u{1f469}',
  'a\u0301\u0323\u0301',
  `a${'\u0301\u0323'.repeat(1_000)}`,
  '\u0344\u1fee\u0390\ufb2c'.repeat(20),
  '\ufeff\uffff\ufffe',
  'İıſẞß',
  '\'; drop table users; -- " \\ ` $x {{x}} %s %n',
  '\r\nx-injected: 1\r\n\r\n\t\v\u0085\u2028',
  '__proto__',
  '../../../../etc/passwd',
  '',
  '   ',
  'x'.repeat(1_000_000),
  'x'.repeat(megabyte),
  '\u{1f4d7}'.repeat(262_000),
  `a${'\u0301\u0323'.repeat(200_000)}`,
]

/** Each goes into each text of each path, query and form. */
export const hardAddressParts: unknown[] = [
  ...[
    '%',
    '%zz',
    '%z',
    '%00',
    '%2',
    '%ff',
    '%c0%af',
    '%ed%a0%80',
    '%f0%9f%93%97',
    '%e2%80%ae%e2%80%8f',
  ],
  ...[
    '%2e%2e%2f',
    '..%2f..%2f',
    '%2F',
    '%5c..%5c',
    '.',
    '..',
    '+',
    '%2b',
    '%20',
    '%0d%0a',
    ';',
    '&',
    '=',
  ],
  ...['%23', '%3F', 'a%CC%81%CC%A3', '*', '$', '(', "'--", '[]', '%25%30%30', ''],
].map((text) => new Raw(text))

export const longAddressParts: unknown[] = ['x'.repeat(3_000), 'x'.repeat(megabyte)]

const deep = (open: string, close: string, depth: number) =>
  new Raw(`${open.repeat(depth)}1${close.repeat(depth)}`)

const oddNumbers = [
  ...[
    'NaN',
    'Infinity',
    '-Infinity',
    '1e400',
    '-1e400',
    '1e-400',
    '-0',
    '00',
    '0x10',
    '1.',
    '.5',
    '1e5',
  ],
  ...[
    '9007199254740993',
    '-9007199254740993',
    '18446744073709551616',
    '1.0000000000000001',
    '-1',
    '0',
  ],
  ...['2147483648', '0.0000001', '999999999.999999', '9999999999.9999999'],
].map((text) => new Raw(text))

const oddTimes = [
  ...[
    '2026-02-30T00:00:00Z',
    '2026-04-05',
    '2026-04-05T24:00:00Z',
    '2026-04-05T10:00:60Z',
    '0000-01-01T00:00:00Z',
  ],
  ...[
    '+275760-09-13T00:00:00Z',
    '-000001-01-01T00:00:00Z',
    '1969-12-31T23:59:59Z',
    '9999-12-31T23:59:59.999Z',
  ],
  ...[
    '2026-04-05T10:00:00+14:00',
    '2026-04-05T10:00:00-23:59',
    '2026-04-05t10:00:00z',
    '2026-W14-7',
    '2026-095',
  ],
  ...[
    '1775383200',
    'yesterday',
    '2026-04-05T10:00:00.123456789Z',
    '2026-04',
    '2026-13',
    '0001-01',
    '10000-01',
  ],
]

// Names that nobody can resolve (RFC 2606), and addresses that must never be called.
const urls = [
  ...[
    'https://hooks.invalid/a',
    'http://127.0.0.1:1/',
    'https://[::1]/',
    'https://169.254.169.254/latest',
  ],
  ...[
    'https://user:pass@hooks.invalid/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://',
    'https://0/',
  ],
  ...[
    'https://hooks.invalid:99999/',
    'https://\u0430.invalid/',
    'https://hooks.invalid/%00',
    'HTTPS://HOOKS.INVALID',
  ],
]

const questionParts = [
  ...[
    'harbour',
    'tide tables',
    '"old port"',
    '"',
    '(',
    ')',
    'AND',
    'OR',
    'NOT',
    '-ledger',
    'NEAR/3',
    'NEAR/99999',
  ],
  ...[
    'NEAR/0',
    'har*',
    '*',
    'h*r',
    'title:',
    'lang:en',
    'date:2026',
    'date:[2020 TO',
    'x~2',
    '"a b"~2',
    '\\',
    ':',
    '^',
  ],
  ...[
    '\u0301',
    '\u6e2f\u53e3',
    '\u{1f4d7}',
    'AND AND',
    '((((',
    '))))',
    '-',
    '+',
    '!',
    '&&',
    '||',
    '{',
    '[',
  ],
]

/** Anything at all, whatever the field is. */
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -1,
    1.5,
    {},
    [],
    [[]],
    [null],
    { a: 1 },
    'null',
    'true',
  ),
  fc.constantFrom(...oddNumbers),
  fc.constantFrom(...oddTimes),
  fc.constantFrom(...hardTexts.filter((text) => JSON.stringify(text).length < 10_000)),
  fc.constantFrom(
    deep('[', ']', 40),
    deep('{"a":', '}', 40),
    deep('[', ']', 1_000),
    deep('{"a":', '}', 1_000),
  ),
  fc.constantFrom(
    new Raw('{"a":1,"a":2}'),
    new Raw('{"__proto__":{"a":1}}'),
    new Raw('{"constructor":1}'),
  ),
  fc.integer({ min: 100, max: 20_000 }).map((length) => Array(length).fill('x')),
  fc.nat(500).map((place) => new IdPick('seen', place)),
  fc.jsonValue(),
)

const idValue = fc.oneof(
  fc.nat(500).map((place) => new IdPick('same', place)),
  fc.nat(500).map((place) => new IdPick('seen', place)),
  fc.constant(new IdPick('unknown', 0)),
  fc.constantFrom('x', 'dset_', '_', 'dset_!', `obj_${'0'.repeat(26)}`, 'tnt_nobody'),
)

const timeValue = fc.oneof(
  fc
    .date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  fc.constantFrom(...oddTimes),
)

/** What the schema of a field allows, as far as its schema tells. */
export function fitting(schema: InputSchema, name = ''): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum) return fc.constantFrom<unknown>(...schema.enum)
  const branches = schema.anyOf ?? schema.oneOf
  if (branches) return fc.oneof(...branches.map((branch) => fitting(schemaOf(branch), name)))
  const types = [schema.type ?? 'any'].flat()
  return fc.oneof(...types.map((type) => fittingType(type, schema, name)))
}

function fittingType(type: string, schema: InputSchema, name: string): fc.Arbitrary<unknown> {
  if (type === 'null') return fc.constant(null)
  if (type === 'boolean') return fc.boolean()
  if (type === 'integer') {
    const min = Math.max(schema.minimum ?? -1_000, -1_000_000)
    const max = Math.min(schema.maximum ?? 1_000, 1_000_000)
    return fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max))
  }
  if (type === 'number') {
    return fc.oneof(
      fc.nat(1_000),
      fc.nat(1_000_000).map((micros) => micros / 1_000_000),
      fc.double(),
    )
  }
  if (type === 'array') {
    const items = fitting(schemaOf(schema.items), name)
    const [minLength, maxLength] = [schema.minItems ?? 0, Math.min(schema.maxItems ?? 3, 3)]
    return fc.array(items, { minLength: Math.min(minLength, maxLength), maxLength })
  }
  if (type === 'object') return objectOf(schema)
  return type === 'string' ? textValue(schema, name) : fc.jsonValue()
}

function objectOf(schema: InputSchema): fc.Arbitrary<Record<string, unknown>> {
  if (schema.properties) {
    const fields = Object.entries(schema.properties)
    return fc.record(
      Object.fromEntries(fields.map(([name, field]) => [name, fitting(schemaOf(field), name)])),
      { requiredKeys: schema.required ?? [] },
    )
  }
  return fc.dictionary(
    fc.string({ minLength: 1, maxLength: 10 }),
    fitting(schemaOf(schema.additionalProperties)),
    {
      maxKeys: 3,
    },
  )
}

export function schemaOf(schema: unknown): InputSchema {
  return typeof schema === 'object' && schema !== null ? { ...schema } : {}
}

function textValue(schema: InputSchema, name: string): fc.Arbitrary<unknown> {
  if (schema.format === 'date-time' || /(^|_)(from|to|at|until|before)$/.test(name))
    return timeValue
  if (isIdName(name)) return idValue
  if (name === 'url') return fc.constantFrom(...urls)
  if (name === 'query')
    return fc
      .array(fc.constantFrom(...questionParts), { maxLength: 8 })
      .map((parts) => parts.join(' '))
  if (name === 'email')
    return fc.constantFrom(
      'new@example.com',
      'A@EXAMPLE.com',
      'x@y',
      '@',
      'a@b@c',
      '"a b"@c.invalid',
    )
  if (schema.pattern?.startsWith('^[')) return fc.stringMatching(new RegExp(schema.pattern))
  const maxLength = Math.min(schema.maxLength ?? 30, 30)
  const minLength = Math.min(schema.minLength ?? 0, maxLength)
  const whole = Math.min(schema.maxLength ?? 100, 20_000)
  return fc.oneof(
    fc.string({ minLength, maxLength }),
    fc.string({ unit: 'grapheme', minLength, maxLength }),
    fc.string({ unit: 'binary', minLength, maxLength }),
    fc.constantFrom('x'.repeat(whole), 'x'.repeat(whole + 1), '\u{1f4d7}'.repeat(whole)),
  )
}
