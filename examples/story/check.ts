// Whoever does not trust the server: the books are checked, and both sides work their figures out again
// from exported files, with a program that shares no code with it.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { exportBooks } from '../export-books.ts'
import { claim } from './narrator.ts'
import type { Stage } from './stage.ts'

export async function checkScenes(stage: Stage): Promise<void> {
  const { narrator } = stage
  await narrator.step('The operator has the books checked', () => checkBooks(stage))
  await narrator.step('Both sides recompute it, from exported files alone', () => recompute(stage))
}

async function checkBooks(stage: Stage) {
  const { data } = await stage.operator.client.books.check()
  claim(data.sound === true && data.findings.length === 0, 'the books are sound')
  stage.narrator.say(
    '   balances, transfers, charges, usage events, invoices and payouts: no finding',
  )
  return { sound: data.sound, findings: data.findings.length }
}

async function recompute(stage: Stage) {
  // Entries of the audit get their place in the chain within seconds; the story does not wait.
  await stage.runDue(['audit.seal'])
  const { buyer, provider, documents, url } = stage
  const exports = [
    {
      name: 'buyer',
      token: buyer.token,
      invoiceId: documents.invoice,
      retrievalIds: stage.bought,
    },
    { name: 'credit-note', token: buyer.token, invoiceId: documents.credit },
    { name: 'provider', token: provider.token, payoutId: documents.payout },
  ]
  const lines: string[] = []
  for (const { name, ...wanted } of exports) {
    const folder = join(stage.folder, name)
    await exportBooks({ url, folder, ...wanted })
    lines.push(...(await run(folder)))
  }
  for (const line of lines) stage.narrator.say(`   ${line}`)
  claim(
    lines.length === 7 && lines.every((line) => line.startsWith('sound: ')),
    'every part of it is sound',
  )
  stage.narrator.say(`   again: node --import tsx examples/recompute.ts ${stage.folder}/buyer`)
  return { parts: lines, folder: stage.folder }
}

const root = fileURLToPath(new URL('../..', import.meta.url))

/** In a process of its own. Fails where a figure is wrong. */
async function run(folder: string): Promise<string[]> {
  const program = ['--import', 'tsx', 'examples/recompute.ts', folder]
  const { stdout } = await promisify(execFile)(process.execPath, program, { cwd: root })
  return stdout.trim().split('\n')
}
