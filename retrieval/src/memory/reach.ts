// What every part of one search is about.
import type { Deadline } from './deadline.ts'
import type { Shard } from './shard.ts'

/** The datasets of a search, their statistics, and its deadline. */
export interface Reach {
  shards: Shard[]
  spaces: string[]
  chunks: number
  averageLength: number
  deadline: Deadline
}

/** File names have a dictionary of their own, the title a range of positions. */
export type Zone = 'all' | 'title' | 'filename'
