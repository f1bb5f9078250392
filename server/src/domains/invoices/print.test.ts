import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs'
import { expect, test } from 'vitest'
import { newId } from '../../base/ids.ts'
import type { IssuedInvoice } from './lines.ts'
import { printInvoice } from './print.ts'
import type { InvoiceLine } from './store.ts'

const lineOf = (datasetName: string, amountMicros: bigint): InvoiceLine => ({
  id: newId('line'),
  kind: 'usage',
  datasetId: newId('dset'),
  datasetName,
  eventType: 'retrieval',
  quantity: 1_234n,
  amountMicros,
})

const invoiceOf = (change: Partial<IssuedInvoice> = {}): IssuedInvoice => ({
  id: newId('inv'),
  serial: 1n,
  number: '2026-000123',
  tenantId: newId('tnt'),
  tenantName: 'Ada Ltd',
  periodStart: new Date('2026-04-01T00:00:00Z'),
  periodEnd: new Date('2026-05-01T00:00:00Z'),
  status: 'open',
  totalMicros: 49_123_456n,
  openedAt: new Date('2026-05-01T00:00:00Z'),
  dueAt: new Date('2026-05-15T00:00:00Z'),
  paidAt: null,
  paymentReference: null,
  voidedAt: null,
  voidReason: null,
  settledBy: null,
  creditsInvoiceId: null,
  creditedDisputeId: null,
  creditedMicros: 0n,
  lines: [
    { ...lineOf('', 49_000_000n), kind: 'plan_fee', datasetName: null, eventType: null },
    lineOf('Office files', 123_456n),
  ],
  ...change,
})

async function readBack(bytes: Uint8Array): Promise<{ text: string; pages: number }> {
  const pdf = await getDocument({ data: new Uint8Array(bytes), verbosity: 0 }).promise
  const texts: string[] = []
  for (let page = 1; page <= pdf.numPages; page += 1) {
    const { items } = await (await pdf.getPage(page)).getTextContent()
    texts.push(items.map((item) => ('str' in item ? item.str : '')).join(' '))
  }
  const pages = pdf.numPages
  await pdf.loadingTask.destroy()
  return { text: texts.join('\n').replace(/\s+/g, ' '), pages }
}

test('a printed invoice says who owes what for when, and the same bytes each time', async () => {
  const invoice = invoiceOf()
  const bytes = await printInvoice(invoice, null)
  const { text, pages } = await readBack(bytes)
  const expected = [
    'Invoice 2026-000123',
    'To: Ada Ltd',
    'Date: 2026-05-01',
    'Period: 2026-04-01 to 2026-04-30 (UTC)',
    'Due: 2026-05-15',
    'Plan fee',
    '49.00',
    'Office files – Retrievals',
    '1234',
    '0.123456',
    'Total',
    '49.123456',
    'page 1 of 1',
  ]
  for (const one of expected) expect(text).toContain(one)
  expect(pages).toBe(1)
  expect(Buffer.from(await printInvoice(invoice, null)).equals(Buffer.from(bytes))).toBe(true)
})

test('names in Greek, Cyrillic and with accents are printed, what the font lacks is a question mark', async () => {
  const tenantName = 'Łódź Αθήνα Москва 東京 😀'
  const { text } = await readBack(await printInvoice(invoiceOf({ tenantName }), null))
  expect(text).toContain('To: Łódź Αθήνα Москва ?? ?')
})

test('a credit note names what it credits, with negative amounts', async () => {
  const invoice = invoiceOf({
    number: '2026-000124',
    dueAt: null,
    totalMicros: -30_000n,
    lines: [lineOf('Office files', -30_000n)],
  })
  const { text } = await readBack(await printInvoice(invoice, '2026-000123'))
  expect(text).toContain('Credit note 2026-000124')
  expect(text).toContain('Credits invoice: 2026-000123')
  expect(text).toContain('-0.03')
  expect(text).not.toContain('Due:')
})

test('an invoice that was given up says so', async () => {
  const { text } = await readBack(await printInvoice(invoiceOf({ status: 'void' }), null))
  expect(text).toContain('VOID')
})

test('many lines and long names go over pages, each line whole and once', async () => {
  const lines = Array.from({ length: 150 }, (_, at) =>
    lineOf(`Dataset ${at}. ${'w'.repeat(at % 3 === 0 ? 180 : 1)}`, 1_000_000n + BigInt(at)),
  )
  const { text, pages } = await readBack(await printInvoice(invoiceOf({ lines }), null))
  expect(pages).toBeGreaterThan(3)
  for (const at of lines.keys()) {
    expect(text.split(`Dataset ${at}.`)).toHaveLength(2)
    expect(text).toContain(
      `1.${String(at)
        .padStart(6, '0')
        .replace(/0{1,4}$/, '')}`,
    )
  }
  expect(text).toContain(`page ${pages} of ${pages}`)
})
