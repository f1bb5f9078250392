// What the market refuses: a spent budget, a revoked key, a stranger.
import { refusalOf } from './buyer.ts'
import { claim, micros, usd } from './narrator.ts'
import { type Stage, signUp } from './stage.ts'

export async function borderScenes(stage: Stage): Promise<void> {
  const { narrator } = stage
  await narrator.step("A second key's budget runs out", () => spendBudget(stage))
  await narrator.step('A revoked key is refused at once', () => revokeKey(stage))
  await narrator.step('A stranger does not find the restricted dataset', () => beStranger(stage))
}

async function spendBudget(stage: Stage) {
  const { apiKeys, spend } = stage.buyer.client
  const key = await apiKeys.create({
    name: 'small budget',
    scopes: ['search:query'],
    budget: { amount: 0.1, currency: 'USD' },
  })
  const agent = stage.connect({ apiKey: key.secret })
  const first = await agent.search.query({
    query: 'invoice',
    top_k: 2,
    dataset_ids: [stage.datasets.invoices],
  })
  stage.charged.search += micros(first.charged_amount)
  const before = (await spend.get()).data.total_spend
  const refused = await refusalOf(
    agent.search.query({ query: 'total', top_k: 20, dataset_ids: [stage.datasets.invoices] }),
  )
  claim(refused.status === 402 && refused.code === 'budget_exceeded', 'the answer is 402')
  const after = (await spend.get()).data.total_spend
  claim(before === after, 'nothing was charged')
  stage.narrator.say(
    `   ${usd(first.charged_amount)} of ${usd(0.1)} spent; then 402 ${refused.code}`,
  )
  return { status: refused.status, code: refused.code, charged: after - before }
}

async function revokeKey(stage: Stage) {
  const { apiKeys } = stage.buyer.client
  const key = await apiKeys.create({ name: 'short life', scopes: ['search:query'] })
  const agent = stage.connect({ apiKey: key.secret })
  const own = await agent.search.query({ query: 'nothingmatchesthisword' })
  claim(own.charged_amount === 0, 'an empty answer is free')
  await apiKeys.revoke({ api_key_id: key.api_key_id })
  const refused = await refusalOf(agent.search.query({ query: 'invoice' }))
  claim(refused.status === 401, 'the next request gets 401')
  stage.narrator.say(`   ${key.api_key_id}: ${refused.status} ${refused.code}`)
  return { status: refused.status }
}

async function beStranger(stage: Stage) {
  stage.stranger = await signUp(stage, {
    name: 'Sven',
    tenant: 'Passing By',
    email: 'sven@passingby.example',
  })
  const { client } = stage.stranger
  const { items } = await client.catalog.list({ limit: 100 })
  claim(!items.some((item) => item.dataset_id === stage.datasets.legal), 'not in the catalog')
  const byId = await refusalOf(client.catalog.get({ dataset_id: stage.datasets.legal }))
  const unknown = await refusalOf(
    client.catalog.get({ dataset_id: 'dset_00000000000000000000000000' }),
  )
  claim(byId.status === 404 && byId.message === unknown.message, 'by id as if it did not exist')
  const named = await refusalOf(
    client.search.query({ query: stage.question.text, dataset_ids: [stage.datasets.legal] }),
  )
  claim(named.status === 404, 'not by naming it in a search')
  const found = await client.search.query({
    query: 'contract agreement dispute letter',
    top_k: 100,
  })
  claim(!found.datasets_searched.includes(stage.datasets.legal), 'not by searching everything')
  stage.narrator.say(`   catalog: no; by id: ${byId.status}; named in a search: ${named.status}`)
  return { by_id: byId.status, named: named.status }
}
