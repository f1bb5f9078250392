// What follows a search: a quote that binds, a citation whose quote the server finds, and an outcome that
// is shared with the datasets that brought it about.
import { refusalOf } from './buyer.ts'
import { claim, micros, usd } from './narrator.ts'
import type { Stage } from './stage.ts'

export async function useScenes(stage: Stage): Promise<void> {
  const { narrator } = stage
  await narrator.step('A quote binds, whatever the provider asks meanwhile', () => quote(stage))
  await narrator.step('The buyer cites a passage; the server finds the quote', () => cite(stage))
  await narrator.step('The provider lets the buyer into the restricted dataset', () => grant(stage))
  await narrator.step('The buyer reports an outcome of 1,000 USD', () => reportOutcome(stage))
}

const agentOf = ({ connect, buyerKey }: Stage) => connect({ apiKey: buyerKey.text })

async function quote(stage: Stage) {
  const agent = agentOf(stage)
  const { datasets } = stage.provider.client
  const dataset_id = stage.datasets.reports
  const question = { query: 'revenue AND outlook', dataset_ids: [dataset_id], top_k: 3 }
  const made = await agent.search.quote(question)
  await datasets.update({ dataset_id, unit_prices: { retrieval: 0.2 } })
  const now = (await agent.catalog.get({ dataset_id })).current_prices.retrieval
  const found = await agent.search.query({ ...question, quote_id: made.quote_id })
  stage.charged.search += micros(found.charged_amount)
  claim(now === 0.2, 'the price has doubled')
  claim(found.result_count > 0, 'the quoted question finds something')
  claim(found.charged_amount === made.max_amount, 'the quoted price is what is paid')
  claim(
    found.results.every((hit) => hit.price.reason === 'quote' && hit.price.amount === 0.1),
    'each passage costs what was quoted',
  )
  const again = await refusalOf(agent.search.query({ ...question, quote_id: made.quote_id }))
  claim(again.status === 409, 'it is redeemed once')
  stage.narrator.say(
    `   ${made.quote_id}: ${usd(made.max_amount)} for ${found.result_count} passages`,
  )
  stage.narrator.say(
    `   the provider now asks ${usd(now)} each; redeemed for ${usd(found.charged_amount)}; again: ${again.status}`,
  )
  return { quoted: made.max_amount, charged: found.charged_amount, price_now: now }
}

async function cite(stage: Stage) {
  const agent = agentOf(stage)
  const found = await agent.search.query({ query: stage.question.text, top_k: 1 })
  stage.charged.search += micros(found.charged_amount)
  const retrieval_event_id = found.results[0]?.retrieval_event_id ?? ''
  const { text } = await agent.retrievals.get({ retrieval_event_id })
  const excerpt = /Acme disputes[^.]*/.exec(text ?? '')?.[0].trim()
  claim(text && excerpt, 'the passage says what Acme disputes')
  const output_text = `Our finding: “${excerpt.replace(/\s+/g, ' ')}”. We advise to wait.`
  const cited = await agent.citations.create({ retrieval_event_id, output_text })
  stage.charged.citation += micros(cited.charged_amount)
  const [span] = cited.spans
  claim(cited.verified === true && span, 'the quote is verified')
  const said = output_text.slice(span.start, span.end)
  const sold = text.slice(span.passage_start, span.passage_end)
  claim(sold.replace(/\s+/g, ' ') === said, 'both spans hold the same words')
  stage.narrator.say(`   verified: “${said.slice(0, 88)}${said.length > 88 ? ' …' : ''}”`)
  stage.narrator.say(
    `   characters ${span.passage_start} to ${span.passage_end} of the passage, for ${usd(cited.charged_amount)}`,
  )
  return { verified: cited.verified, quote: said, charged: cited.charged_amount }
}

async function grant(stage: Stage) {
  const dataset_id = stage.datasets.legal
  const { grants } = stage.provider.client
  const made = await grants.create({ dataset_id, tenant_id: stage.buyer.tenantId })
  const seen = await stage.buyer.client.catalog.get({ dataset_id })
  claim(seen.access === 'granted', 'the buyer finds the dataset with the next request')
  stage.narrator.say(`   ${made.grant_id}: ${seen.name} is ${seen.access}`)
  return { grant_id: made.grant_id, access: seen.access }
}

const value = { value_amount: 1_000, currency: 'USD' as const }

async function reportOutcome(stage: Stage) {
  const agent = agentOf(stage)
  const { legal, invoices } = stage.datasets
  const found = await agent.search.query({
    query: 'VAT dispute Acme objection',
    dataset_ids: [legal, invoices],
    top_k: 8,
  })
  stage.charged.search += micros(found.charged_amount)
  stage.bought = found.results.map((hit) => hit.retrieval_event_id)
  const shared = found.results.filter((hit) => hit.dataset_id === legal).length
  claim(shared > 0 && shared < found.result_count, 'both datasets helped')
  const outcome = { ...value, retrieval_event_ids: stage.bought }
  const refused = await refusalOf(agent.outcomes.create(outcome))
  claim(refused.code === 'budget_exceeded', 'the budget of the key does not cover the share')
  const made = await stage.buyer.client.outcomes.create(outcome)
  stage.charged.outcome += micros(made.charged_amount)
  const paid = made.lines.filter((line) => line.charged_amount > 0)
  claim(paid.length === 1 && paid[0]?.dataset_id === legal, 'only the outcome share is charged')
  claim(made.charged_amount === 50, 'it is 5 % of the reported value')
  stage.narrator.say(`   its agent may not: ${refused.status} ${refused.code}; its owner does`)
  stage.narrator.say(
    `   ${usd(made.charged_amount)} to Legal Correspondence, ${paid[0].events} passages; nothing to the ${found.result_count - shared} from others`,
  )
  return { value: value.value_amount, charged: made.charged_amount, events: paid[0].events }
}
