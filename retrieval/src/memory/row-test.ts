// Conditions on the columns of a chunk: keywords, dates and filters. They never score.
import type { Filter } from '../engine.ts'
import type { Node } from '../tree.ts'
import type { Row } from './shard.ts'

type RowNode = Extract<Node, { kind: 'keyword' | 'range' }>

/** A keyword is compared as written, with the column of its name and with the chunk's own keywords. */
export function testRow(node: RowNode): (row: Row) => boolean {
  if (node.kind === 'range') {
    const { from, to } = node
    return node.field === 'created'
      ? (row) => isWithin(row.createdAtMs, from, to)
      : (row) => row.dateMs !== null && isWithin(row.dateMs, from, to)
  }
  const { field, value } = node
  return (row) =>
    columnOf(row, field) === value ||
    row.keywords.some(([name, found]) => name === field && found === value)
}

export function testFilters(filters: readonly Filter[]): (row: Row) => boolean {
  const tests = filters.map(testFilter)
  return (row) => tests.every((test) => test(row))
}

function testFilter(filter: Filter): (row: Row) => boolean {
  switch (filter.field) {
    case 'modality': {
      const wanted = new Set(filter.anyOf)
      return (row) => wanted.has(row.modality)
    }
    case 'mime': {
      const wanted = new Set(filter.anyOf)
      return (row) => wanted.has(row.mime)
    }
    case 'language': {
      const wanted = new Set(filter.anyOf)
      return (row) => wanted.has(row.language)
    }
    case 'object': {
      const wanted = new Set(filter.anyOf)
      return (row) => wanted.has(row.objectNo)
    }
    case 'meta': {
      const field = `meta.${filter.key}`
      const wanted = new Set(filter.anyOf)
      return (row) => row.keywords.some(([name, value]) => name === field && wanted.has(value))
    }
    case 'created':
      return (row) => isWithin(row.createdAtMs, filter.fromMs, filter.toMs)
  }
}

function columnOf(row: Row, field: string): string | undefined {
  if (field === 'mime') return row.mime
  if (field === 'modality') return String(row.modality)
  if (field === 'lang') return row.language
  return field === 'object' ? String(row.objectNo) : undefined
}

function isWithin(value: number, from: number | null, to: number | null): boolean {
  return (from === null || value >= from) && (to === null || value < to)
}
