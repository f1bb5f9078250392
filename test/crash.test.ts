// The server kills itself at statement number n of an action: from an upload to a search, and everything
// that moves money up to payouts and disputes. It is started again and the call is repeated under its
// idempotency key. Nothing is lost, nothing happens twice, nothing is revealed without a charge, and the
// books agree with plain sums. CRASH_POINTS (25) and CRASH_SEED choose how many points and which.
import { randomInt, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { databaseForTest, type TestDatabase } from '../server/src/adapters/db/prepared.fixture.ts'
import { actions } from './crash-actions.ts'
import { expectSoundBooks, expectSoundPapers } from './crash-books.ts'
import { moneyActions, settle, stockShops } from './crash-money.ts'
import { keepLoggedIn, openStage, type Stage } from './crash-stage.ts'
import { randomOf } from './random.ts'

const points = Number(process.env.CRASH_POINTS ?? 25)
const seed = Number(process.env.CRASH_SEED ?? randomInt(1, 2 ** 31))
const papersEvery = 10

// Two thirds of them move money.
const allActions = { ...actions, ...moneyActions }

// Numbers of its own, so that the seed alone chooses the points: others are taken as the run goes.
const random = randomOf(seed)

let database: TestDatabase
let folder: string
let stage: Stage

beforeAll(async () => {
  console.log(`crash test: CRASH_SEED=${seed} CRASH_POINTS=${points}`)
  folder = await mkdtemp(join(tmpdir(), 'ipto-crash-'))
  database = await databaseForTest(folder)
  const operator = { email: 'operator@example.com', password: 'operator password' }
  stage = await openStage({ folder, databaseUrl: database.url, operator }, randomOf(seed + 1))
  await stockShops(stage)
}, 120_000)

afterAll(async () => {
  await stage?.server.kill()
  await database.remove()
  await rm(folder, { recursive: true, force: true })
})

/** Each action once in a random order, and then again in another one. */
function* chosenActions() {
  for (;;) {
    const left = Object.entries(allActions)
    while (left.length > 0) yield* left.splice(Math.floor(random() * left.length), 1)
  }
}

test(`${points} crashes lose nothing, charge nothing twice and reveal nothing unpaid (seed ${seed})`, {
  timeout: points * 60_000,
}, async () => {
  let deaths = 0
  let round = 0
  for (const [name, { statementsMax, run }] of chosenActions()) {
    if (round === points) break
    round += 1
    const killAt = 1 + Math.floor(random() * statementsMax)
    await keepLoggedIn(stage)
    const end = await run(stage, { killAt, round, key: randomUUID() })
    deaths += Number(end.startsWith('died'))
    await settle(stage)
    await expectSoundBooks(stage)
    if (round % papersEvery === 0 || round === points) await expectSoundPapers(stage)
    console.log(`  ${round}/${points} ${name} at statement ${killAt}: ${end}`)
  }
  // Points beyond the end of an action kill nothing; most must.
  expect(deaths).toBeGreaterThan(points / 3)
})
