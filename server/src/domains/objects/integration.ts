// The view that integrators have of objects, across datasets, and what they may set beside them: named
// commands, each with its audit entry. Removed objects are not there.
import type { Call } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import { notFound } from '../../base/errors.ts'
import { type Page, type Window, windowOf } from '../../base/page.ts'
import * as audit from '../audit/audit.ts'
import { getObject } from './objects.ts'
import { factsOf, type StateChange, stateActions, statesIn } from './states.ts'
import type { StoredObject, WindowFilter } from './store.ts'
import * as store from './store.ts'

export interface ListInput extends Window {
  datasetIds: readonly string[] | null
  states: readonly string[] | null
  sha256: string | null
  sort: WindowFilter['sort']
}

/** Of the own tenant; a key with a list sees those in its datasets. */
export async function listAll(
  { db }: { db: Db },
  { actor }: Call,
  { states, ...filter }: ListInput,
): Promise<Page<StoredObject>> {
  const { objects, total } = await store.listWindow(db, actor.tenantId, {
    ...filter,
    onlyIds: actor.datasetIds,
    facts: states && factsOf(states),
  })
  return windowOf(objects, total, filter)
}

export async function getPresent(
  deps: { db: Db },
  call: Call,
  objectId: string,
): Promise<StoredObject> {
  const object = await getObject(deps, call, objectId)
  if (object.removedAt) throw notFound()
  return object
}

/** From the audit: what happened to the object, oldest first. */
export async function listStates(
  deps: { db: Db },
  call: Call,
  objectId: string,
): Promise<StateChange[]> {
  const object = await getPresent(deps, call, objectId)
  const entries = await audit.historyOf(deps.db, object.tenantId, {
    targetId: object.id,
    actions: stateActions,
  })
  return statesIn(entries, object)
}

type Labels = Pick<StoredObject, 'externalId' | 'externalData' | 'givenTitle'>
export type LabelChange = { objectId: string } & Partial<Labels>

export async function setExternalData(
  deps: { db: Db },
  call: Call,
  change: LabelChange,
): Promise<void> {
  await label(deps, call, { ...change, action: 'object.set_external_data' })
}

export async function setExternalId(
  deps: { db: Db },
  call: Call,
  change: LabelChange,
): Promise<void> {
  await label(deps, call, { ...change, action: 'object.set_external_id' })
}

export async function setTitle(deps: { db: Db }, call: Call, change: LabelChange): Promise<void> {
  await label(deps, call, { ...change, action: 'object.set_title' })
}

async function label(
  deps: { db: Db },
  call: Call,
  { action, objectId, ...change }: LabelChange & { action: string },
): Promise<void> {
  const { actor, now } = call
  const found = await getPresent(deps, call, objectId)
  await deps.db.tx(async (tx) => {
    const object = await store.lockObject(tx, found.tenantId, found.id)
    if (!object || object.removedAt) throw notFound()
    const before = labelsOf(object)
    const after = { ...before, ...change }
    const changes = audit.changesOf(before, after)
    // The same again, such as by a retry, changes nothing and so leaves no second entry.
    if (Object.keys(changes).length === 0) return
    const { id, tenantId } = object
    await store.updateLabels(tx, { id, tenantId, ...after, by: actor.id, now })
    await audit.record(tx, call, { action, targetId: id, changes })
  })
}

function labelsOf({ externalId, externalData, givenTitle }: StoredObject): Labels {
  return { externalId, externalData, givenTitle }
}
