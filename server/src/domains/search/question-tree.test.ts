// The domain's tree and the engine's are one shape, written twice because neither side imports the
// other. The proof is that this file compiles; the run only gives it a name.

import { expect, expectTypeOf, it } from 'vitest'
import type * as engine from '../../../../retrieval/src/tree.ts'
import type * as domain from './question-tree.ts'

it('a tree of the domain is a tree of the engine, and the other way round', () => {
  const toEngine: (node: domain.Node) => engine.Node = (node) => node
  const toDomain: (node: engine.Node) => domain.Node = (node) => node
  const node: domain.Node = { kind: 'word', text: 'a', start: 0, end: 1 }
  expect(toDomain(toEngine(node))).toBe(node)
  expectTypeOf<domain.NearOperand>().toExtend<engine.NearOperand>()
  expectTypeOf<engine.NearOperand>().toExtend<domain.NearOperand>()
  expectTypeOf<domain.PatternPart>().toEqualTypeOf<engine.PatternPart>()
})
