import { expect, test } from 'vitest'
import { idfOf, scoreBm25 } from './bm25.ts'
import { fuse } from './fuse.ts'

test('ranks of both lists count, with the weight of the list, and ties go by number', () => {
  const fused = fuse(
    [
      [1n, 2n, 3n],
      [3n, 4n],
    ],
    [1, 0.5],
  )
  expect(fused.map(({ chunkNo }) => chunkNo)).toEqual([3n, 1n, 2n, 4n])
  expect(fused[0]?.score).toBe(1 / 63 + 0.5 / 61)
  expect(fuse([[2n], [1n]], [1, 1]).map(({ chunkNo }) => chunkNo)).toEqual([1n, 2n])
  expect(() => fuse([[1n]], [])).toThrow(RangeError)
})

test('BM25 has the figures of its formula', () => {
  expect(idfOf(1, 10)).toBeCloseTo(Math.log(1 + 9.5 / 1.5), 12)
  expect(scoreBm25(2, 3, { length: 10, averageLength: 10 })).toBeCloseTo((3 * 4.4) / 3.2, 12)
  expect(scoreBm25(1, 1, { length: 0, averageLength: 0 })).toBe(1)
})
