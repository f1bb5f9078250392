// How large a frame between a child and the server may be.

/** An image of the port's largest size fits, in base64. */
export const frameBytesMax = 1024 ** 2
/** Text and boxes of one frame, chosen so that a frame stays below its largest size. */
export const frameUnitsMax = 65_536
export const frameBoxesMax = 2_000
