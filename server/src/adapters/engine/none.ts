// No engine in this process: another one, on the same database, holds it. Whatever needs one is refused
// before anything is charged.
import { Failure } from '../../base/errors.ts'
import type { Engine } from '../../domains/search/engine.ts'

export function openNoEngine(): Engine {
  return {
    hasVectors: refuse,
    apply: async () => refuse(),
    search: async () => refuse(),
    snippet: refuse,
    check: async () => {},
    close: async () => {},
  }
}

function refuse(): never {
  throw new Failure(
    'service_unavailable',
    'This server has no search engine (ENGINE_URL=none). Send searches to one that has.',
  )
}
