// What the pipeline costs in statements: everything of a request but the work of its operation. Counted as
// they are sent, begin and commit included, on a server without tasks, so that each one belongs to the
// request. Where counts stand in the database, counting is part of the statement that finds the credential:
// what its functions do inside (an upsert; once a minute the last use of a key) is seen in
// bench/overhead.ts, as time, and not here.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type Request, send } from './send.ts'
import { type Db, openWorld, type World } from './world.ts'

const getStatementsMax = 2
const keyedPostStatementsMax = 5

interface Statement {
  text: string
  isInTx: boolean
}

let sent: Statement[] = []

function recording(db: Db): Db {
  const note = (text: string, isInTx: boolean) => void sent.push({ text, isInTx })
  type Session = Pick<Db, 'rows' | 'first' | 'run'>
  const listening = (session: Session, isInTx: boolean): Session => {
    const noted =
      <C extends keyof Session>(name: C): Session[C] =>
      (text: TemplateStringsArray, ...values: never[]) => {
        note(text.join('?'), isInTx)
        return session[name](text, ...values) as never
      }
    return { rows: noted('rows'), first: noted('first'), run: noted('run') }
  }
  return {
    ...db,
    ...listening(db, false),
    tx: async (work) => {
      note('begin', true)
      const result = await db.tx((tx) =>
        work({
          ...tx,
          ...listening(tx, true),
          execute: (text, values) => {
            note(text, true)
            return tx.execute(text, values)
          },
        }),
      )
      note('commit', true)
      return result
    },
  }
}

let world: World
let resourceId: string
const credentials = { session: '', key: '', 'access token': '' }
type Kind = keyof typeof credentials
const kinds: Kind[] = ['session', 'key', 'access token']

beforeAll(async () => {
  world = await openWorld({ wrapDb: recording, works: false, limits: 'on' })
  const { client, token } = world.provider
  resourceId = (await client.resources.create({ name: 'Agent' })).id
  const { secret } = await client.apiKeys.create({
    name: 'agent',
    scopes: ['datasets:read', 'datasets:write'],
  })
  const [id, rest] = [secret.slice(0, secret.lastIndexOf('_')), secret.split('_').at(-1)]
  const granted = await send(`${world.url}/auth/token`, {
    raw: `grant_type=client_credentials&client_id=${id}&client_secret=${rest}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  Object.assign(credentials, {
    session: token,
    key: secret,
    'access token': granted.body.access_token,
  })
})
afterAll(() => world.close())

async function statementsOf(path: string, request: Request): Promise<[Answer, Statement[]]> {
  sent = []
  const answer = await send(world.url + path, request)
  return [answer, sent]
}

function report(what: string, kind: Kind, statements: readonly Statement[]): void {
  const counts = process.env.TEST_DATABASE_URL ? 'counts in PostgreSQL' : 'counts in memory'
  console.log(`  ${what} by ${kind}, ${counts}: ${statements.length} statements of the pipeline`)
}

// The last use of a key is written once a minute: the first request of a minute is measured as well.
const minuteMs = 60_000

test.each(kinds)('a GET by %s takes two statements at most', async (kind) => {
  world.clock.forward(minuteMs)
  for (const turn of ['first of a minute', 'next']) {
    const path = `/v1/resources/${resourceId}`
    const [answer, all] = await statementsOf(path, { token: credentials[kind] })
    expect(answer.status).toBe(200)
    // The operation itself reads the resource, and does nothing else.
    const pipeline = all.filter(({ text }) => !/from resources\b/.test(text))
    expect(all.length - pipeline.length).toBe(1)
    report(`GET, ${turn},`, kind, pipeline)
    expect(pipeline.length).toBeLessThanOrEqual(getStatementsMax)
  }
})

test.each(kinds)(
  'a POST with a key by %s takes five at most, also where it is a repetition',
  async (kind) => {
    world.clock.forward(minuteMs)
    const request = {
      token: credentials[kind],
      json: { name: 'Made' },
      headers: { 'idempotency-key': `for ${kind}` },
    }
    const [made, all] = await statementsOf('/v1/resources', request)
    expect(made.status).toBe(201)
    // The operation itself is one transaction. In it the pipeline asks for the credential once more, and
    // locks it; all else that it does stands outside.
    const pipeline = all.filter(({ text, isInTx }) => !isInTx || /for share of/.test(text))
    expect(pipeline.some(({ isInTx }) => isInTx)).toBe(true)
    expect(all.some(({ text }) => /insert into resources\b/.test(text))).toBe(true)
    report('POST', kind, pipeline)
    expect(pipeline.length).toBeLessThanOrEqual(keyedPostStatementsMax)

    const [again, replayed] = await statementsOf('/v1/resources', request)
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    report('POST, repeated,', kind, replayed)
    expect(replayed.length).toBeLessThanOrEqual(keyedPostStatementsMax)
  },
)

test('a refusal over the limit takes one', async () => {
  world.clock.forward(minuteMs)
  const get = () => send(`${world.url}/v1/me`, { token: world.buyer.token })
  await Promise.all(Array.from({ length: 60 }, get))
  sent = []
  expect((await get()).status).toBe(429)
  expect(sent).toHaveLength(1)
})
