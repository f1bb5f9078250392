import { describe, expect, test } from 'vitest'
import { findingsOf, type Inspected, riskOf } from './findings.ts'

function inspected(change: Partial<Inspected> = {}): Inspected {
  return {
    declaredType: 'text/plain',
    preview: { contentType: 'text/plain', failure: null },
    text: 'Nothing special.',
    head: Buffer.from('Nothing special.'),
    duplicateCount: 0,
    ...change,
  }
}
const kindsOf = (change: Partial<Inspected>) => findingsOf(inspected(change)).map((one) => one.kind)
const preview = (contentType: string, failure: Inspected['preview']['failure'] = null) => ({
  contentType,
  failure,
})

test('an ordinary file has no findings and a low risk', () => {
  expect(findingsOf(inspected())).toEqual([])
  expect(riskOf([])).toBe('low')
})

test('another type than declared is a high risk', () => {
  const findings = findingsOf(
    inspected({ declaredType: 'application/pdf', preview: preview('application/zip') }),
  )
  expect(findings).toEqual([
    {
      kind: 'type_mismatch',
      severity: 'high',
      count: 1,
      sample: 'application/pdf is application/zip',
    },
  ])
  expect(riskOf(findings)).toBe('high')
})

test.each([
  ['image/jpg', 'image/jpeg'],
  ['TEXT/Plain; charset=utf-8', 'text/plain'],
  ['application/octet-stream', 'application/pdf'],
  ['text/csv', 'text/plain'],
  ['application/json', 'text/plain'],
])('%s and %s are no mismatch', (declaredType, actual) => {
  expect(kindsOf({ declaredType, preview: preview(actual) })).toEqual([])
})

test('HTML that calls itself plain text is a mismatch', () => {
  expect(kindsOf({ preview: preview('text/html') })).toEqual(['type_mismatch'])
})

test('what cannot be read is told by its reason', () => {
  const failed = (code: string) => preview('text/plain', { code, message: '' })
  expect(kindsOf({ preview: failed('password_protected') })).toEqual(['encrypted'])
  expect(kindsOf({ preview: failed('archive_bomb') })).toEqual(['archive_bomb'])
  expect(kindsOf({ preview: failed('corrupt_file') })).toEqual(['unreadable'])
  expect(kindsOf({ preview: failed('type_mismatch') })).toEqual(['type_mismatch'])
})

test('copies within the tenant are a low risk', () => {
  const findings = findingsOf(inspected({ duplicateCount: 2 }))
  expect(findings).toEqual([{ kind: 'duplicate', severity: 'low', count: 2, sample: null }])
})

test('many mails are worse than one', () => {
  const mails = (count: number) =>
    Array.from({ length: count }, (_, index) => `p${index}@example.com`).join(' ')
  const riskWith = (count: number) => riskOf(findingsOf(inspected({ text: mails(count) })))
  expect([riskWith(1), riskWith(10), riskWith(100)]).toEqual(['low', 'medium', 'high'])
})

describe('active content', () => {
  const activeIn = (contentType: string, head: string) =>
    findingsOf(
      inspected({
        declaredType: contentType,
        preview: preview(contentType),
        head: Buffer.from(head, 'latin1'),
      }),
    ).find((one) => one.kind === 'active_content')?.sample

  test('a script in HTML is found, and so is a handler', () => {
    expect(activeIn('text/html', '<html><SCRIPT src=x></SCRIPT>')).toBe('<script>')
    expect(activeIn('text/html', '<p onclick = "x()">')).toBe('event handler')
    expect(activeIn('text/html', '<p>on and on = fine</p>')).toBeUndefined()
  })

  test('a script in PDF is found, also where its name is written in codes', () => {
    expect(activeIn('application/pdf', '%PDF-1.7 << /S /JavaScript /JS (x) >>')).toBe('/JavaScript')
    expect(activeIn('application/pdf', '%PDF-1.7 << /S /J#61vaScript >>')).toBe('/JavaScript')
    expect(activeIn('application/pdf', '%PDF-1.7 << /Type /Page >>')).toBeUndefined()
  })

  test('macros of an office file are found', () => {
    expect(activeIn('application/zip', 'PK\x03\x04 word/vbaProject.bin')).toBe('macros')
    expect(activeIn('application/zip', 'PK\x03\x04 word/document.xml')).toBeUndefined()
  })

  test('plain text that speaks of scripts is not active', () => {
    expect(activeIn('text/plain', 'Use <script> in the head.')).toBeUndefined()
  })
})
