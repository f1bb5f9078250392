// The chunks that hold one term, ascending, with the positions in each. Hot: flat growing arrays, read by
// index; `npm run eval` pays for it. A posting of a dictionary without positions has empty ranges.

export class Posting {
  /** Chunks in it, deleted ones included. */
  count = 0
  private docs = new Uint32Array(1)
  private starts = new Uint32Array(1)
  private positions = new Uint32Array(1)
  private positionCount = 0

  /** Chunks come in ascending order, and positions in ascending order in each. */
  add(doc: number, position: number): void {
    this.addDoc(doc)
    if (this.positionCount === this.positions.length) this.positions = grown(this.positions)
    this.positions[this.positionCount++] = position
  }

  addDoc(doc: number): void {
    if (this.count > 0 && this.docs[this.count - 1] === doc) return
    if (this.count === this.docs.length) {
      this.docs = grown(this.docs)
      this.starts = grown(this.starts)
    }
    this.docs[this.count] = doc
    this.starts[this.count] = this.positionCount
    this.count++
  }

  doc(index: number): number {
    return this.docs[index]!
  }

  tf(index: number): number {
    const end = index + 1 < this.count ? this.starts[index + 1]! : this.positionCount
    return end - this.starts[index]!
  }

  /** The positions at an index of the posting; a view, good until the next `add`. */
  positionsAt(index: number): Uint32Array {
    const start = this.starts[index]!
    return this.positions.subarray(start, start + this.tf(index))
  }

  /** Where the chunk stands in the posting, or -1. */
  indexOf(doc: number): number {
    let low = 0
    let high = this.count - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      const found = this.docs[middle]!
      if (found === doc) return middle
      if (found < doc) low = middle + 1
      else high = middle - 1
    }
    return -1
  }
}

function grown(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.ceil(array.length * 1.5) + 1)
  larger.set(array)
  return larger
}
