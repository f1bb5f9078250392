// Questions that cannot be asked or answered, and sales that the buyer may not or cannot make.
import { type ErrorCode, questionCodes } from '@ipto/contract/errors.ts'
import type { Cause, Causes } from './declared-causes.ts'
import { pennilessKey } from './declared-causes-market.ts'
import { boughtPassage, type Seed, text } from './owner-calls.ts'
import { publish, textFile } from './publish.ts'

const questions: Record<(typeof questionCodes)[number], string> = {
  query_empty: '?!',
  query_too_long: 'x'.repeat(2_001),
  unbalanced_quote: 'harbour "master',
  unbalanced_parenthesis: '(harbour',
  missing_operand: 'harbour AND',
  only_negative: 'NOT harbour',
  unknown_field: 'harbor:master',
  bad_value: 'modality:text',
  bad_date: 'created:yesterday',
  bad_distance: 'harbour NEAR/100 master',
  near_operand: 'harbour NEAR lang:de',
  near_chained: 'harbour NEAR master NEAR tide',
  slop_unsupported: '"harbour master"~3',
  wildcard_too_short: 'h*',
  too_deep: `${'('.repeat(21)}harbour${')'.repeat(21)}`,
  too_many_clauses: Array.from({ length: 513 }, () => 'a').join(' '),
  expansion_limit: 'prefix*',
}

type Asked = Record<string, Cause<'search.query'> & Cause<'search.quote'>>

const questionCauses: Asked = Object.fromEntries(
  questionCodes.map((code) => [
    code,
    async (seed: Seed) => ({
      input: {
        query: questions[code],
        dataset_ids: [code === 'expansion_limit' ? await manyWords(seed) : seed.privateId],
      },
    }),
  ]),
)

const wordy = new WeakMap<Seed, Promise<string>>()

/** An own dataset with more words of one beginning than a question may stand for. */
function manyWords(seed: Seed): Promise<string> {
  const made = wordy.get(seed) ?? publishWords(seed)
  wordy.set(seed, made)
  return made
}

async function publishWords({ world }: Seed): Promise<string> {
  const words = Array.from({ length: 1_100 }, (_, number) => `prefixed${number}`).join(' ')
  const { datasetId } = await publish(world, {
    terms: { name: 'Many words', visibility: 'private' },
    files: [textFile('words.txt', words)],
  })
  return datasetId
}

const asked: Asked = {
  ...questionCauses,
  search_timeout: ({ world, privateId }) => {
    const { settings } = world.app.services
    const { searchTimeoutMs } = settings
    settings.searchTimeoutMs = 0
    return {
      input: { query: 'harbour', dataset_ids: [privateId] },
      after: () => {
        settings.searchTimeoutMs = searchTimeoutMs
      },
    }
  },
  no_vectors: ({ privateId }) => ({
    input: { query: 'harbour', dataset_ids: [privateId], retrieval_mode: 'dense' },
  }),
  not_found: () => ({ input: { query: 'harbour', dataset_ids: ['dset_unknown'] } }),
  forbidden: ({ world, listedId }) => ({
    input: { query: 'harbour', dataset_ids: [listedId] },
    credential: { token: world.buyer.token },
  }),
}

const redeemedQuote: Cause<'search.query'> = async ({ world, saleId }) => {
  const question = { query: 'harbour', dataset_ids: [saleId] }
  const { search } = world.buyer.client
  const { quote_id } = await search.quote(question)
  await search.query({ ...question, quote_id })
  return { input: { ...question, quote_id }, credential: { token: world.buyer.token } }
}

/** Bought from a dataset of its own. */
async function boughtFrom(
  { world }: Seed,
  terms: { name: string; monetization_mode?: 'outcome_share'; access_policy?: 'automatic' },
) {
  const { datasetId } = await publish(world, { terms, files: [textFile('own.txt', text)] })
  const { search } = world.buyer.client
  const { results } = await search.query({ query: 'harbour', dataset_ids: [datasetId] })
  return { datasetId, retrieval_event_id: results[0]?.retrieval_event_id ?? '' }
}

const noLongerUsable: Cause<'citations.create'> = async (seed) => {
  const { datasetId, retrieval_event_id } = await boughtFrom(seed, { name: 'Withdrawn' })
  const { datasets } = seed.world.provider.client
  await datasets.update({ dataset_id: datasetId, access_policy: 'approval' })
  return { input: { retrieval_event_id } }
}

const value = { value_amount: 10, currency: 'USD' } as const

const sharedOutcome: Cause<'outcomes.create'> = async (seed) => {
  const { retrieval_event_id } = await boughtFrom(seed, {
    name: 'Shares in outcomes',
    monetization_mode: 'outcome_share',
    access_policy: 'automatic',
  })
  return {
    input: { ...value, retrieval_event_ids: [retrieval_event_id] },
    credential: await pennilessKey(seed),
  }
}

export const searchCauses: Causes = {
  'search.query': {
    ...asked,
    budget_exceeded: ({ world, saleId }) => ({
      input: { query: 'harbour', dataset_ids: [saleId], max_amount: 0.01 },
      credential: { token: world.buyer.token },
    }),
    conflict: redeemedQuote,
    bad_cursor: ({ privateId }) => ({
      input: { query: 'harbour', dataset_ids: [privateId], cursor: 'unknown' },
    }),
  } satisfies Partial<Record<ErrorCode, Cause<'search.query'>>>,
  'search.quote': asked,
  'citations.create': {
    budget_exceeded: async (seed) => ({
      input: { retrieval_event_id: await boughtPassage(seed) },
      credential: await pennilessKey(seed),
    }),
    not_found: () => ({ input: { retrieval_event_id: 'rte_unknown' } }),
    forbidden: noLongerUsable,
    conflict: async (seed) => {
      const retrieval_event_id = await boughtPassage(seed)
      await seed.world.buyer.client.citations.create({ retrieval_event_id })
      return { input: { retrieval_event_id } }
    },
  },
  'outcomes.create': {
    budget_exceeded: sharedOutcome,
    not_found: () => ({ input: { ...value, retrieval_event_ids: ['rte_unknown'] } }),
    conflict: async (seed) => {
      const input = { ...value, retrieval_event_ids: [await boughtPassage(seed)] }
      await seed.world.buyer.client.outcomes.create(input)
      return { input }
    },
  },
}
