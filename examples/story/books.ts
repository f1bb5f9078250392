// The reports of both sides agree with what was charged, to the micro, and the books balance.
import { claim, micros, usd } from './narrator.ts'
import { chargedSum, type Stage } from './stage.ts'

export async function reportScenes(stage: Stage): Promise<void> {
  const { narrator } = stage
  await narrator.step("The buyer's four reports agree with what was charged", () =>
    buyerSide(stage),
  )
  await narrator.step("The provider's dashboard and earnings agree", () => providerSide(stage))
}

export async function balanceScene(stage: Stage): Promise<{ trialBalance: number }> {
  const { total } = await stage.narrator.step('The trial balance is zero', () =>
    trialBalance(stage),
  )
  return { trialBalance: total }
}

async function buyerSide(stage: Stage) {
  const { buyer, activity, spend } = stage.buyer.client
  const keys = (await buyer.dashboard()).data
  claim(keys.api_key_count === 3 && keys.active_api_key_count === 2, 'three keys, one revoked')

  let searched = 0n
  let searches = 0
  for await (const one of await activity.searches({ limit: 100 })) {
    searched += micros(one.charged_amount)
    searches += 1
  }
  claim(searched === stage.charged.search, 'the searches add up to what was charged')
  let accesses = 0
  for await (const one of await activity.accesses({ limit: 100 })) accesses += one.access_count
  const { data } = await spend.get()
  claim(micros(data.search_spend) === stage.charged.search, 'search spend is what was charged')
  const other = stage.charged.download + stage.charged.citation + stage.charged.outcome
  claim(micros(data.retrieval_spend) === other, 'so is what downloads, citation and outcome cost')
  claim(micros(data.total_spend) === chargedSum(stage), 'and the total is their sum')
  stage.narrator.say(`   keys      ${keys.active_api_key_count} of ${keys.api_key_count} active`)
  stage.narrator.say(`   searches  ${searches}, together ${usd(Number(searched) / 1e6)}`)
  stage.narrator.say(`   accesses  ${accesses} passages and files`)
  stage.narrator.say(
    `   spend     ${usd(data.total_spend)}, of it ${usd(data.retrieval_spend)} after the search`,
  )
  return { ...keys, searches, accesses, total_spend: data.total_spend }
}

async function providerSide(stage: Stage) {
  const { provider, payouts } = stage.provider.client
  const board = (await provider.dashboard()).data
  claim(board.total_datasets === 3, 'three datasets')
  claim(board.objects_approved === stage.samples.length - 1, 'all files but one approved')
  claim(board.objects_rejected === 1, 'one rejected')
  const { data } = await payouts.list()
  const [month] = data.payouts
  claim(month, 'this month has earnings')
  // The stranger's search is charged too: the provider earns from all buyers.
  const strangers = (await stage.stranger.client.spend.get()).data.total_spend
  const gross = chargedSum(stage) + micros(strangers)
  claim(micros(month.gross) === gross, 'gross earnings are what all buyers were charged')
  claim(micros(month.net) + micros(month.platform_fee) === gross, 'shares sum to the whole')
  const { data: analytics } = await provider.analytics()
  claim(analytics.revenue_summary.net === month.net, 'analytics and payout agree')
  stage.narrator.say(
    `   gross ${usd(month.gross)} = provider ${usd(month.net)} + platform ${usd(month.platform_fee)}`,
  )
  return { gross: month.gross, net: month.net, platform_fee: month.platform_fee }
}

async function trialBalance(stage: Stage) {
  const { data } = await stage.operator.client.ledger.trialBalance()
  for (const account of data.accounts) {
    stage.narrator.say(
      `   ${account.account.padEnd(42)} ${account.balance.toFixed(6).padStart(14)}`,
    )
  }
  stage.narrator.say(`   ${'total'.padEnd(42)} ${data.total.toFixed(6).padStart(14)}`)
  claim(data.total === 0, 'the sum of all balances is zero')
  const system = (await stage.operator.client.admin.system()).data
  claim(system.unexplained_money === 0, 'no money is unexplained')
  return { total: data.total, accounts: data.accounts.length }
}
