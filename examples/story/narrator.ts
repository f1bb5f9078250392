// Tells a story step by step: what happened, with the figures that came back. A step that fails ends
// the story and is named.

export interface StepRecord {
  name: string
  ok: boolean
  seconds: number
  facts: Record<string, unknown>
  error?: string
}

export class StepFailed extends Error {
  readonly step: string

  constructor(step: string, cause: unknown) {
    super(`${step}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.step = step
  }
}

export interface Narrator {
  steps: StepRecord[]
  /** Runs one step; what it answers is printed as facts and kept for `--json`. */
  step<T extends Record<string, unknown>>(name: string, work: () => Promise<T>): Promise<T>
  say(line: string): void
  /** A bar on a terminal; elsewhere only its end. */
  progress(done: number, all: number, label: string): void
}

const barWidth = 28

export function openNarrator(out: NodeJS.WriteStream): Narrator {
  const steps: StepRecord[] = []
  const say = (line: string) => void out.write(`${line}\n`)
  return {
    steps,
    say,
    async step(name, work) {
      const startedAt = performance.now()
      const seconds = () => Math.round((performance.now() - startedAt) / 10) / 100
      say(`\n${steps.length + 1}. ${name}`)
      try {
        const facts = await work()
        steps.push({ name, ok: true, seconds: seconds(), facts })
        return facts
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error)
        steps.push({ name, ok: false, seconds: seconds(), facts: {}, error: text })
        throw new StepFailed(name, error)
      }
    },
    progress(done, all, label) {
      if (!out.isTTY) {
        if (done === all) say(`   ${done}/${all} ${label}`)
        return
      }
      const filled = Math.round((done / Math.max(all, 1)) * barWidth)
      const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`
      out.write(`\r   ${bar} ${done}/${all} ${label}\u001b[K${done === all ? '\n' : ''}`)
    },
  }
}

/** A claim of the story. Where it does not hold, the demo fails: its figures are checked, not shown. */
export function claim(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new Error(`this should hold: ${sentence}`)
}

/** Major units as an exact count of micro-units, for sums. */
export function micros(amount: number): bigint {
  return BigInt(Math.round(amount * 1_000_000))
}

export function usd(amount: number): string {
  const isWholeCents = micros(amount) % 10_000n === 0n
  return `${amount.toFixed(isWholeCents ? 2 : 6)} USD`
}
