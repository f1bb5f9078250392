import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs'
import { expect, test } from 'vitest'
import { newId } from '../../base/ids.ts'
import type { Payout } from './figures.ts'
import { printStatement } from './statement.ts'

const payout: Payout = {
  id: newId('pay'),
  tenantId: newId('tnt'),
  periodStart: new Date('2026-04-01T00:00:00Z'),
  periodEnd: new Date('2026-05-01T00:00:00Z'),
  status: 'paid',
  grossMicros: 20_500_000n,
  platformMicros: 8_200_001n,
  heldMicros: 0n,
  openDisputes: 0,
  releaseAt: new Date('2026-05-15T00:00:00Z'),
  isCarried: false,
  paidAt: new Date('2026-05-16T09:00:00Z'),
  bankReference: 'SEPA 4712',
  lines: [
    {
      datasetId: newId('dset'),
      datasetName: 'Büro – Akten 漢',
      eventType: 'retrieval',
      quantity: 410n,
      grossMicros: 20_500_000n,
      platformMicros: 8_200_001n,
    },
  ],
}

async function textOf(bytes: Uint8Array): Promise<string> {
  const pdf = await getDocument({ data: new Uint8Array(bytes), verbosity: 0 }).promise
  const { items } = await (await pdf.getPage(1)).getTextContent()
  await pdf.loadingTask.destroy()
  return items.map((item) => ('str' in item ? item.str : '')).join(' ')
}

test('a statement says what was earned, kept and paid, and the same bytes each time', async () => {
  const bytes = await printStatement(payout, 'Ada Ltd')
  const text = await textOf(bytes)
  for (const part of [
    'Payout statement 2026-04',
    'Ada Ltd',
    '2026-04-01 to 2026-04-30',
    'SEPA 4712',
    'Büro – Akten ? – Retrievals',
    '410',
    '20.50',
    '-8.200001',
    '12.299999',
  ]) {
    expect(text).toContain(part)
  }
  expect(Buffer.from(await printStatement(payout, 'Ada Ltd')).equals(bytes)).toBe(true)
})

test('what is in dispute or came back is told', async () => {
  const held = { ...payout, status: 'held' as const, heldMicros: 300n, paidAt: null }
  expect(await textOf(await printStatement(held, 'Ada'))).toContain('In dispute')
  const reversed = { ...payout, status: 'reversed' as const }
  expect(await textOf(await printStatement(reversed, 'Ada'))).toContain('REVERSED')
})
