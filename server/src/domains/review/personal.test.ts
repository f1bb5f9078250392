import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type PersonalKind, personalDataIn } from './personal.ts'

const find = (text: string, kind: PersonalKind) =>
  personalDataIn(text).find((one) => one.kind === kind)

test('mails are counted, and one is shown masked', () => {
  const text =
    'Write to jane.doe@example.com, or to info@mail.example.co.uk. Not to @example or a@b.'
  expect(find(text, 'email')).toEqual({ kind: 'email', count: 2, sample: 'j***@e***.com' })
})

test('an IBAN counts only with a right checksum, in running text too', () => {
  const text =
    'Pay to DE89 3704 0044 0532 0130 00 BY FRIDAY, GB82WEST12345698765432, not DE00 3704 0044 0532 0130 00'
  expect(find(text, 'iban')).toEqual({ kind: 'iban', count: 2, sample: 'DE** **** 00' })
})

test('a card number needs the plan of an issuer and a right check digit', () => {
  const text =
    '4111 1111 1111 1111 12/27, 378282246310005, wrong: 4111111111111112, order 1234567812345670'
  expect(find(text, 'credit_card')).toEqual({ kind: 'credit_card', count: 2, sample: '**** 1111' })
})

test('a phone number needs a country code or a word before it', () => {
  const text = 'Call +49 30 901820-12 or Tel.: 030 / 901820. Invoice 2024-000123, sum 1.234.567,89'
  expect(find(text, 'phone')).toMatchObject({ count: 2, sample: '*** 12' })
})

test('words of a payslip are told', () => {
  expect(find('Entgeltabrechnung März, net pay 2,000', 'payslip')).toMatchObject({ count: 2 })
})

test('plain business text has no findings', () => {
  expect(personalDataIn('The parties agree on 12.5 % VAT for 1,000,000 pieces in 2024.')).toEqual(
    [],
  )
})

test('no text makes it fail or shows more than a mask', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii', maxLength: 300 }), (text) => {
      for (const { sample, count } of personalDataIn(text)) {
        expect(count).toBeGreaterThan(0)
        expect(sample.length).toBeLessThan(80)
      }
    }),
  )
})

test('a long hostile text takes no long time', () => {
  const startedMs = performance.now()
  for (const unit of ['a', '1', 'a@', '1 ', 'DE12 ', '+1 ', '1-', 'a.', 'tel ']) {
    personalDataIn(unit.repeat(600_000 / unit.length))
  }
  expect(performance.now() - startedMs).toBeLessThan(10_000)
})
