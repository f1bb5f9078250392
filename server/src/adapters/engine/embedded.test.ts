import { describe } from 'vitest'
import { testEngine } from './engine.suite.ts'
import { openEngine } from './open.ts'

describe('the embedded engine', () => testEngine(() => openEngine({ kind: 'embedded' })))
