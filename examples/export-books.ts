// Writes what examples/recompute.ts checks: an invoice with its usage, a payout with its usage, receipts,
// and the audit chain, each as the API answers it. TOKEN is that of a session of an owner or admin.
// `node --import tsx examples/export-books.ts --url URL --token TOKEN --to FOLDER [--invoice ID]
// [--payout ID] [--retrieval ID]…`
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Client } from '@ipto/sdk'

export interface Export {
  url: string
  /** Of a session: the audit chain is shown to people only. */
  token: string
  folder: string
  invoiceId?: string | undefined
  payoutId?: string | undefined
  /** Retrieval events whose receipts are checked. */
  retrievalIds?: readonly string[]
}

export async function exportBooks(wanted: Export): Promise<void> {
  const { url, token, folder, invoiceId, payoutId, retrievalIds = [] } = wanted
  const client = new Client({ baseUrl: url, token })
  mkdirSync(folder, { recursive: true })
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  const writeJson = (name: string, body: unknown) => write(name, JSON.stringify(body, null, 2))
  const get = async (path: string, accept: string) => {
    const headers = { authorization: `Bearer ${token}`, accept }
    const answer = await fetch(`${url}${path}`, { headers })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return answer.text()
  }

  if (invoiceId) {
    writeJson('invoice.json', await client.invoices.get({ invoice_id: invoiceId }))
    const path = `/v1/usage-events?invoice_id=${encodeURIComponent(invoiceId)}`
    write('invoice-usage.csv', await get(path, 'text/csv'))
  }
  if (payoutId) {
    writeJson('payout.json', (await client.payouts.get({ payout_id: payoutId })).data)
    const path = `/v1/usage-events?payout_id=${encodeURIComponent(payoutId)}`
    write('payout-usage.csv', await get(path, 'text/csv'))
  }
  if (retrievalIds.length > 0) {
    write('keys.json', await get('/.well-known/jwks.json', 'application/json'))
    const sold = []
    for (const id of retrievalIds) {
      sold.push(await client.retrievals.get({ retrieval_event_id: id }))
    }
    writeJson('retrievals.json', sold)
  }
  const entries = []
  for await (const entry of await client.audit.list({ limit: 100 })) entries.push(entry)
  writeJson('audit.json', entries)
}

if (import.meta.filename === process.argv[1]) {
  const { values } = parseArgs({
    options: {
      url: { type: 'string' },
      token: { type: 'string' },
      to: { type: 'string' },
      invoice: { type: 'string' },
      payout: { type: 'string' },
      retrieval: { type: 'string', multiple: true },
    },
  })
  const { url, token, to, invoice, payout, retrieval } = values
  if (!url || !token || !to) {
    console.error(
      'Usage: export-books --url URL --token TOKEN --to FOLDER [--invoice ID] [--payout ID] [--retrieval ID]…',
    )
    process.exit(1)
  }
  await exportBooks({
    url,
    token,
    folder: to,
    invoiceId: invoice,
    payoutId: payout,
    retrievalIds: retrieval ?? [],
  })
  console.log(`Written to ${to}. Check it with: node --import tsx examples/recompute.ts ${to}`)
}
