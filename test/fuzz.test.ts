// Thousands of requests over every operation, made from the schemas of the contract and broken in every way
// that a stranger may think of: no answer of 5xx, none outside the contract, and the server lives.
// FUZZ_REQUESTS (2,000; CI asks for 20,000) says how many, FUZZ_SEED which; a failed request is printed.
import { randomInt } from 'node:crypto'
import type { Operation } from '@ipto/contract/operation.ts'
import { allOperations } from '@ipto/contract/operations.ts'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Case, caseOf, goodCase, hardCases } from './fuzz-cases.ts'
import {
  credentialOf,
  goodCall,
  learn,
  mend,
  openStage,
  resolved,
  type Stage,
} from './fuzz-stage.ts'
import { curlOf, problemOf, transmit, wireOf } from './fuzz-wire.ts'

const count = Number(process.env.FUZZ_REQUESTS ?? 2_000)
const seed = Number(process.env.FUZZ_SEED ?? randomInt(1, 2 ** 31))

let stage: Stage
beforeAll(async () => {
  console.log(`fuzz: FUZZ_SEED=${seed} FUZZ_REQUESTS=${count}`)
  stage = await openStage()
}, 300_000)
afterAll(() => stage.world.close(), 60_000)

/** As many for each operation: first as its owner calls it, then hard texts and generated calls by turns. */
function casesFor(op: Operation, each: number): Case[] {
  const hard = hardCases(op)
  const numRuns = Math.max(each - hard.length, Math.ceil(each / 2))
  const made = fc.sample(caseOf(op), { numRuns, seed })
  // Where there is no place for every hard text, the seed chooses.
  const some = fc.sample(fc.shuffledSubarray(hard, { minLength: hard.length }), {
    numRuns: 1,
    seed,
  })
  return [goodCase(op), ...byTurns([(some[0] ?? []).slice(0, each), made])].slice(0, each)
}

function byTurns<T>(lists: T[][]): T[] {
  const longest = Math.max(...lists.map(({ length }) => length))
  return Array.from({ length: longest }, (_, at) =>
    lists.flatMap((list) => list.slice(at, at + 1)),
  ).flat()
}

interface Outcome {
  failures: string[]
  /** Answers by operation and status. */
  statuses: Map<string, Map<number, number>>
  unmade: Map<string, number>
}

const failuresMax = 20

test(`${count} requests over all operations are answered by the contract (seed ${seed})`, {
  timeout: 300_000 + count * 300,
}, async () => {
  const each = Math.ceil(count / allOperations.length)
  const cases = byTurns(allOperations.map((op) => casesFor(op, each)))
  const outcome: Outcome = { failures: [], statuses: new Map(), unmade: new Map() }
  for (const [at, one] of cases.entries()) {
    if (outcome.failures.length >= failuresMax) break
    if (!(await sendOne(one, outcome, at))) break
    if ((at + 1) % 5_000 === 0) console.log(`  ${at + 1} requests`)
  }
  console.log(tableOf(outcome))
  expect(outcome.failures.join('\n\n')).toBe('')
  expect(cases.length).toBeGreaterThanOrEqual(count)
  // What never succeeds is hardly tried: every operation has served its owner.
  const served = (op: Operation) => (outcome.statuses.get(op.id)?.get(op.status) ?? 0) > 0
  expect(allOperations.filter((op) => !served(op)).map(({ id }) => id)).toEqual([])
})

/** False where the server does not answer any more. */
async function sendOne(one: Case, outcome: Outcome, at: number): Promise<boolean> {
  const { op } = one
  const { problems, url } = stage.world
  const good = await goodCall(stage, op).catch(() => {
    // What a good call needs may have been used up by calls before.
    outcome.unmade.set(op.id, (outcome.unmade.get(op.id) ?? 0) + 1)
    return stage.goods.get(op.id)?.fields ?? {}
  })
  const fields = resolved(stage, one, good)
  const wire = wireOf(op, fields, one.twist)
  wire.headers = { ...credentialOf(stage, one), ...wire.headers }
  const before = problems.length
  const answer = await transmit(url, wire).catch((error: Error) => error)
  const problem = answer instanceof Error ? `no answer: ${answer}` : problemOf(op, wire, answer)
  const found = [...(problem ? [problem] : []), ...problems.slice(before)]
  if (found.length > 0) {
    const place = `request ${at} of FUZZ_SEED=${seed} FUZZ_REQUESTS=${count}, ${op.id}`
    outcome.failures.push([place, ...found, curlOf(url, wire)].join('\n'))
  }
  if (answer instanceof Error) return isAlive(url)
  record(outcome, op.id, answer.status)
  learn(stage, answer.body.toString('latin1', 0, 20_000))
  await mend(stage, one, { status: answer.status, fields })
  return true
}

async function isAlive(url: string): Promise<boolean> {
  const health = { method: 'GET', path: '/healthz', headers: {}, body: undefined }
  return transmit(url, health).then(
    ({ status }) => status === 200,
    () => false,
  )
}

function record({ statuses }: Outcome, id: string, status: number): void {
  const row = statuses.get(id) ?? new Map<number, number>()
  statuses.set(id, row.set(status, (row.get(status) ?? 0) + 1))
}

/** Requests by operation and status, and all of them in the last line. */
function tableOf({ statuses, unmade }: Outcome): string {
  const sums = new Map<number, number>()
  for (const row of statuses.values()) {
    for (const [status, times] of row) sums.set(status, (sums.get(status) ?? 0) + times)
  }
  const columns = [...sums.keys()].sort((a, b) => a - b)
  const line = (name: string, row: Map<number, number>) =>
    [name.padEnd(30), ...columns.map((status) => String(row.get(status) ?? '').padStart(6))].join(
      '',
    )
  return [
    line('requests by status', new Map(columns.map((status) => [status, status]))),
    ...[...statuses].map(([id, row]) => line(id, row)),
    line('all', sums),
    `good calls that could not be made: ${JSON.stringify(Object.fromEntries(unmade))}`,
  ].join('\n')
}
