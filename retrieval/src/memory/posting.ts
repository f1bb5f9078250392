// The chunks that hold one term, ascending, with the positions in each. Hot: flat growing arrays, read by
// index; `npm run eval` pays for it. A posting of a dictionary without positions has empty ranges. Most
// terms are rare, and a typed array costs more than it holds there, so short ones are plain arrays.

type Numbers = number[] | Uint32Array

export class Posting {
  /** Chunks in it, deleted ones included. */
  count = 0
  /** Chunk and first index in `positions`, in turn. */
  private heads: Numbers = []
  private positions: Numbers = []
  private positionCount = 0

  /** Chunks come in ascending order, and positions in ascending order in each. */
  add(doc: number, position: number): void {
    this.addDoc(doc)
    if (this.positionCount === this.positions.length) this.positions = grown(this.positions, 1)
    this.positions[this.positionCount++] = position
  }

  addDoc(doc: number): void {
    const end = 2 * this.count
    if (end > 0 && this.heads[end - 2] === doc) return
    if (end === this.heads.length) this.heads = grown(this.heads, 2)
    this.heads[end] = doc
    this.heads[end + 1] = this.positionCount
    this.count++
  }

  doc(index: number): number {
    return this.heads[2 * index]!
  }

  tf(index: number): number {
    const end = index + 1 < this.count ? this.heads[2 * index + 3]! : this.positionCount
    return end - this.heads[2 * index + 1]!
  }

  /** The positions at an index of the posting; good until the next `add`. */
  positionsAt(index: number): Numbers {
    const start = this.heads[2 * index + 1]!
    const end = start + this.tf(index)
    const { positions } = this
    return Array.isArray(positions) ? positions.slice(start, end) : positions.subarray(start, end)
  }

  /** Where the chunk stands in the posting, or -1. */
  indexOf(doc: number): number {
    let low = 0
    let high = this.count - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      const found = this.heads[2 * middle]!
      if (found === doc) return middle
      if (found < doc) low = middle + 1
      else high = middle - 1
    }
    return -1
  }
}

const plainLengthMax = 64

/** Keeps the length even where `step` is 2. */
function grown(array: Numbers, step: 1 | 2): Numbers {
  const length = step * (Math.floor((array.length / step) * 1.5) + 1)
  if (length <= plainLengthMax) {
    const larger = new Array<number>(length).fill(0)
    for (let index = 0; index < array.length; index++) larger[index] = array[index]!
    return larger
  }
  const larger = new Uint32Array(length)
  larger.set(array)
  return larger
}
