import { testAgainstFts5 } from '../fts5.suite.ts'
import { testIndex } from '../index.suite.ts'
import { openMemoryIndex } from './memory-index.ts'

testIndex(async () => openMemoryIndex())
testAgainstFts5(async () => openMemoryIndex())
