import { expect, test } from 'vitest'

// A `node` that stands earlier on the path would run the tests on another version without a word.
const expected = process.env.NODE_EXPECTED ?? process.versions.node.split('.')[0]

test(`the tests run on Node ${expected}, as they were told`, () => {
  expect(process.versions.node.split('.')[0]).toBe(expected)
})
