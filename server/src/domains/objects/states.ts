// The one word for a state that the integration API has for an object, from its states now and from what
// the audit tells of it. `statusOf` has the words of the market.
import type * as audit from '../audit/audit.ts'
import type { StoredObject } from './store.ts'

export type LifeState =
  | 'new'
  | 'reviewRequired'
  | 'processing'
  | 'done'
  | 'doneAutomatically'
  | 'rejected'
  | 'failed'

type LifeFacts = Pick<StoredObject, 'reviewState' | 'indexState' | 'approvedAutomatically'>

/** Of an object that is not removed. */
export function lifeStateOf(object: LifeFacts): LifeState {
  switch (object.reviewState) {
    case null:
      return 'new'
    case 'staged':
    case 'under_review':
      return 'reviewRequired'
    case 'rejected':
      return 'rejected'
    case 'expired':
      return 'failed'
    case 'approved':
      if (object.indexState === 'indexed') return doneOf(object)
      return object.indexState === 'failed' ? 'failed' : 'processing'
  }
}

function doneOf({ approvedAutomatically }: Pick<LifeFacts, 'approvedAutomatically'>): LifeState {
  return approvedAutomatically ? 'doneAutomatically' : 'done'
}

const reviewStates = [null, 'staged', 'under_review', 'approved', 'rejected', 'expired'] as const
const indexStates = ['none', 'queued', 'extracting', 'embedding', 'indexed', 'failed'] as const

const allFacts: LifeFacts[] = reviewStates.flatMap((reviewState) =>
  indexStates.flatMap((indexState) =>
    [true, false].map((approvedAutomatically) => ({
      reviewState,
      indexState,
      approvedAutomatically,
    })),
  ),
)

/** What a row holds in one of these states, in the words of `store.listWindow`. Some states have nothing. */
export function factsOf(states: readonly string[]): string[] {
  return allFacts
    .filter((facts) => states.includes(lifeStateOf(facts)))
    .map(({ reviewState, indexState, approvedAutomatically }) =>
      [...(reviewState ? [reviewState] : []), indexState, approvedAutomatically ? 't' : 'f'].join(
        ' ',
      ),
    )
}

const stateAfter: Readonly<Record<string, LifeState | 'done or doneAutomatically'>> = {
  'object.start_upload': 'new',
  'object.upload': 'reviewRequired',
  'object.approved': 'processing',
  'object.rejected': 'rejected',
  'object.expired': 'failed',
  'object.retry': 'processing',
  'object.queued': 'processing',
  'object.extracting': 'processing',
  'object.embedding': 'processing',
  'object.failed': 'failed',
  'object.indexed': 'done or doneAutomatically',
}

/** Entries of other actions, such as of labels, change no state. */
export const stateActions = Object.keys(stateAfter)

export interface StateChange {
  state: LifeState
  at: Date
}

/** The states that an object went through; entries that change none are passed over. */
export function statesIn(
  entries: readonly Pick<audit.AuditEvent, 'action' | 'occurredAt'>[],
  object: LifeFacts,
): StateChange[] {
  const changes: StateChange[] = []
  for (const { action, occurredAt } of entries) {
    const after = stateAfter[action]
    if (after === undefined) continue
    const state = after === 'done or doneAutomatically' ? doneOf(object) : after
    if (changes.at(-1)?.state !== state) changes.push({ state, at: occurredAt })
  }
  return changes
}
