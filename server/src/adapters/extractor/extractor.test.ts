import { describe } from 'vitest'
import { suiteLimits, testExtractor } from './extractor.suite.ts'
import { openExtractor } from './open.ts'

describe('parsers in a child process', () =>
  testExtractor(() => openExtractor({ limits: suiteLimits, workers: 1, isolate: true })))
