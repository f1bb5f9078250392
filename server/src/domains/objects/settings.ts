// Sizes and times of an object's life that an operator may set.

export interface ObjectSettings {
  /** Over it an upload is refused before it starts. */
  uploadBytesMax: number
  uploadLifeMs: number
  /** How long after its address expired an upload that is still on its way is waited for. */
  uploadGraceMs: number
  downloadLifeMs: number
  /** 48 to 72. */
  reviewHours: number
  /** Between the tombstone and the purge. */
  removalGraceMs: number
}

const hourMs = 3_600_000

export const objectDefaults: ObjectSettings = {
  uploadBytesMax: 5 * 1024 ** 3,
  uploadLifeMs: hourMs / 4,
  uploadGraceMs: 24 * hourMs,
  downloadLifeMs: hourMs / 4,
  reviewHours: 72,
  removalGraceMs: 7 * 24 * hourMs,
}
