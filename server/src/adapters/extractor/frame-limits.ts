// How large a frame between a child and the server may be.

export const frameBytesMax = 1024 ** 2
/** Text and boxes of one frame, chosen so that a frame stays below its largest size. */
export const frameUnitsMax = 65_536
export const frameBoxesMax = 2_000
