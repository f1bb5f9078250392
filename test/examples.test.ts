// The examples of the documentation against a running server: requests that name nothing are taken, and a
// wrong question is told of in the words that the example shows.
import { examples } from '@ipto/contract/examples/all.ts'
import { questionExamples } from '@ipto/contract/examples/questions.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openWorld, type World } from './world.ts'

let world: World

beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

const questions = Object.entries(questionExamples)

test.each(questions)(
  'a question with %s is told of as its example shows',
  async (code, example) => {
    if (example.query === null) return
    const { message, details } = example
    const refused = world.buyer.client.search.query({ query: example.query })
    await expect(refused).rejects.toMatchObject({ status: 422, code, message, details })
  },
)

// They name only what the caller makes by them.
test('what is made by an example looks like its answer', async () => {
  const { client } = world.provider
  const { anonymous } = world
  const id = expect.any(String)
  const time = expect.any(String)
  const { input, output } = examples['datasets.create']
  const made = { dataset_id: id, created_at: time, updated_at: time }
  expect(await client.datasets.create(input)).toEqual({ ...output, ...made })
  const resource = examples['resources.create']
  const ofResource = { id, createdAt: time, updatedAt: time }
  expect(await client.resources.create(resource.input)).toEqual({
    ...resource.output,
    ...ofResource,
  })
  const webhook = examples['webhooks.create']
  expect(await client.webhooks.create(webhook.input)).toEqual({
    ...webhook.output,
    webhook_id: id,
    secret: expect.stringMatching(/^whsec_/),
    created_at: time,
  })
  const signup = examples['auth.signup']
  const { display_name, email } = signup.output
  expect(await anonymous.auth.signup(signup.input)).toMatchObject({ display_name, email })
  const search = await client.search.query(examples['search.query'].input)
  expect(search).toMatchObject({ query: 'VAT dispute', requested_mode: 'auto' })
  const budget = examples['budgets.set']
  expect(await client.budgets.set(budget.input)).toMatchObject({ amount: 50, scope: 'tenant' })
})
