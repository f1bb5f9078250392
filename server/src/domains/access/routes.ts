// The routes of API keys stand here, above `identity`: a key may name datasets.
import type { ParsedInput } from '@ipto/contract/operations.ts'
import type { Call } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import type { Page } from '../../base/page.ts'
import { route, routeList } from '../../base/route.ts'
import * as identity from '../identity/identity.ts'
import { createKey, updateKey } from './keys.ts'
import { presentIssuedKey, presentKey, readKeyChange, readKeyId, readNewKey } from './wire.ts'

// A key shows whether it has expired, which depends on the time of the call.
type Deps = { db: Db }
const one =
  <A>(use: (deps: Deps, call: Call, input: A) => Promise<identity.ApiKey>) =>
  async (deps: Deps, call: Call, input: A) => ({ key: await use(deps, call, input), now: call.now })

async function issue(deps: Deps, call: Call, input: identity.KeyInput) {
  return { issued: await createKey(deps, call, input), now: call.now }
}

async function list(deps: Deps, call: Call, input: { limit: number }) {
  const page: Page<identity.ApiKey> = await identity.listKeys(deps, call, input)
  return { ...page, items: page.items.map((key) => ({ key, now: call.now })) }
}

const readLimit = (input: ParsedInput<'api_keys.list'>) => ({ limit: input.limit })

export const accessRoutes = {
  'api_keys.create': route(readNewKey, issue, presentIssuedKey),
  'api_keys.list': routeList(readLimit, list, presentKey),
  'api_keys.get': route(readKeyId, one(identity.getKey), presentKey),
  'api_keys.update': route(readKeyChange, one(updateKey), presentKey),
  'api_keys.revoke': route(readKeyId, one(identity.revokeKey), presentKey),
}
