// The words of the integration API for the life of an object (integration-facts 4.7), one for each
// combination of its states, and the history that the audit tells.
import { expect, test } from 'vitest'
import { factsOf, type LifeState, lifeStateOf, statesIn } from './states.ts'
import type { IndexState, ReviewState } from './store.ts'

const isByRule = { approvedAutomatically: true }
const isByPerson = { approvedAutomatically: false }

test.each<[ReviewState | null, IndexState, LifeState, LifeState]>([
  [null, 'none', 'new', 'new'],
  ['staged', 'none', 'reviewRequired', 'reviewRequired'],
  ['under_review', 'none', 'reviewRequired', 'reviewRequired'],
  ['approved', 'queued', 'processing', 'processing'],
  ['approved', 'extracting', 'processing', 'processing'],
  ['approved', 'embedding', 'processing', 'processing'],
  ['approved', 'indexed', 'done', 'doneAutomatically'],
  ['approved', 'failed', 'failed', 'failed'],
  ['rejected', 'none', 'rejected', 'rejected'],
  ['expired', 'none', 'failed', 'failed'],
])('%s and %s is %s by a person, %s by rule', (reviewState, indexState, byPerson, byRule) => {
  expect(lifeStateOf({ reviewState, indexState, ...isByPerson })).toBe(byPerson)
  expect(lifeStateOf({ reviewState, indexState, ...isByRule })).toBe(byRule)
  const words = [...(reviewState ? [reviewState] : []), indexState].join(' ')
  expect(factsOf([byPerson])).toContain(`${words} f`)
  expect(factsOf([byRule])).toContain(`${words} t`)
})

test('every combination belongs to one state, and states of other products to none', () => {
  const states = ['new', 'reviewRequired', 'processing', 'done', 'doneAutomatically', 'rejected']
  const all = [...states, 'failed'].flatMap((state) => factsOf([state]))
  expect(all).toHaveLength(72)
  expect(new Set(all).size).toBe(72)
  expect(factsOf(['junk', 'split', 'transferred'])).toEqual([])
})

test('the history follows what happened, and tells each state once in a row', () => {
  const entries = [
    'object.start_upload',
    'object.upload',
    'object.open_review',
    'object.approved',
    'object.extracting',
    'object.failed',
    'object.set_title',
    'object.retry',
    'object.extracting',
    'object.embedding',
    'object.indexed',
  ].map((action, minute) => ({ action, occurredAt: new Date(Date.UTC(2026, 3, 5, 10, minute)) }))
  const object = { reviewState: 'approved', indexState: 'indexed', ...isByRule } as const
  expect(statesIn(entries, object).map(({ state, at }) => [state, at.getUTCMinutes()])).toEqual([
    ['new', 0],
    ['reviewRequired', 1],
    ['processing', 3],
    ['failed', 5],
    ['processing', 7],
    ['doneAutomatically', 10],
  ])
  const lapsed = ['object.start_upload', 'object.upload', 'object.expired'].map((action) => ({
    action,
    occurredAt: new Date(0),
  }))
  expect(statesIn(lapsed, object).at(-1)?.state).toBe('failed')
})
