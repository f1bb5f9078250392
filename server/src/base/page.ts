// Pages of lists. A position is what the next page starts after; http/ signs it into a cursor. A window
// is a page by its place instead, which the caller chose.

export type Position = readonly (string | number)[]

export interface Page<T> {
  items: T[]
  next: Position | null
  /** All that match, where the profile shows it. */
  total: number | null
  window?: Window
}

export interface Window {
  limit: number
  offset: number
}

/** A page by its place. Without a next one: the caller counts. */
export function windowOf<T>(items: T[], total: number, { limit, offset }: Window): Page<T> {
  return { items, next: null, total, window: { limit, offset } }
}

/** Cuts `limit + 1` rows into a page; `positionOf` names the last one shown. */
export function pageOf<T>(
  rows: T[],
  limit: number,
  positionOf: (row: T) => Position,
  total: number | null = null,
): Page<T> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, next: rows.length > limit && last ? positionOf(last) : null, total }
}

/** The first part of a position as text, or null at the start: for lists in the order of their ids. */
export function afterId(after: Position | null): string | null {
  return after ? String(after[0]) : null
}
