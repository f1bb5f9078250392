// The deadline of one search, looked at every so many units of work, so that a loop may ask often.
import { SearchTimeout } from '../error.ts'

const unitsBetweenLooks = 16_384

export class Deadline {
  private readonly limitMs: number
  private readonly endMs: number
  private units = 0

  constructor(limitMs: number) {
    this.limitMs = limitMs
    this.endMs = performance.now() + limitMs
  }

  /** @throws SearchTimeout */
  spend(units: number): void {
    this.units += units
    if (this.units < unitsBetweenLooks) return
    this.units = 0
    this.look()
  }

  look(): void {
    if (performance.now() >= this.endMs) throw new SearchTimeout(this.limitMs)
  }
}
