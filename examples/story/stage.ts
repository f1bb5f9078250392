// What the scenes of the story share: who plays, where the samples are, and what has come of it so far.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Client } from '@ipto/sdk'
import type { Narrator } from './narrator.ts'

export interface Sample {
  path: string
  dataset: 'invoices' | 'reports' | 'legal'
  contentType: string
  rejected?: boolean
}

export interface Party {
  name: string
  email: string
  password: string
  tenantId: string
  /** Of its running session. */
  token: string
  client: Client
}

export interface Stage {
  narrator: Narrator
  url: string
  connect(credential?: { token?: string; apiKey?: string }): Client
  samples: Sample[]
  question: Corpus['question']
  operator: Party
  provider: Party
  buyer: Party
  stranger: Party
  /** Dataset ids by the name that the samples use. */
  datasets: Record<Sample['dataset'], string>
  /** Object ids by the path of their sample. */
  objects: Map<string, string>
  /** Every amount that the buyer was told it was charged, in micro-units. */
  charged: { search: bigint; download: bigint; citation: bigint; outcome: bigint }
  buyerKey: { id: string; text: string }
  /** Passages of one search, by their retrieval events, whose receipts are checked. */
  bought: string[]
  /** Ids of what the end of the month brings about. */
  documents: { invoice: string; credit: string; payout: string; dispute: string }
  /** Holds what the parties keep; it stays after the story. */
  folder: string
  now(): Date
  /** Moves the clock, does what is due by then, and logs everybody in: sessions end after 12 hours. */
  moveTo(time: Date, schedules: readonly string[]): Promise<void>
  /** Does at once what would be done within seconds. */
  runDue(schedules: readonly string[]): Promise<void>
}

export function chargedSum({ charged }: Stage): bigint {
  return charged.search + charged.download + charged.citation + charged.outcome
}

const corpus = new URL('../corpus/', import.meta.url)

/** The samples, and the question whose right answer is known. */
export interface Corpus {
  files: Sample[]
  question: { text: string; path: string; page: number }
}

export function readCorpus(): Corpus {
  return JSON.parse(readFileSync(new URL('manifest.json', corpus), 'utf8'))
}

export function sampleBytes(sample: Sample): Buffer {
  return readFileSync(fileURLToPath(new URL(sample.path, corpus)))
}

export async function signUp(
  stage: Pick<Stage, 'connect'>,
  person: { name: string; tenant: string; email: string },
): Promise<Party> {
  const password = `${person.name.toLowerCase()}-demo-password`
  const made = await stage.connect().auth.signup({
    email: person.email,
    password,
    display_name: person.name,
    tenant_name: person.tenant,
  })
  return {
    name: person.tenant,
    email: person.email,
    password,
    tenantId: made.tenant_id,
    token: made.session_token,
    client: stage.connect({ token: made.session_token }),
  }
}
