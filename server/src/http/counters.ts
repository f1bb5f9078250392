// The port to the counts behind rate limits: one number for each name and window.

export interface Counters {
  /** Counts stand in the database: the statement that finds a credential counts its tenant's request. */
  isShared: boolean
  /** Adds one and answers the count in this window, this call included. */
  hit(name: string, windowStart: Date): Promise<number>
  close(): Promise<void>
}
