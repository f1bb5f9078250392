// The only switch between search engines.
import type { Engine } from '../../domains/search/engine.ts'
import { openEmbeddedEngine } from './embedded.ts'
import { openNoEngine } from './none.ts'

export type EngineConfig = { kind: 'embedded' } | { kind: 'none' }

export async function openEngine(config: EngineConfig): Promise<Engine> {
  switch (config.kind) {
    case 'embedded':
      return openEmbeddedEngine()
    case 'none':
      return openNoEngine()
  }
}
