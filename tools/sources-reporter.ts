// After a run of the source documents: how many of their blocks ran and gave the documented shape, for
// each document and for all. A block that was skipped or never reached is missing from the share.
import type { Reporter, TestModule } from 'vitest/node'

interface Tally {
  passed: number
  of: number
  byKind: Map<string, number>
}

export class SourcesReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tallies = new Map<string, Tally>()
    let all = 0
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const block = test.meta().sourceBlock
        if (!block) continue
        all = block.ofAll
        const { document, kind, ofDocument } = block
        const tally = tallies.get(document) ?? { passed: 0, of: ofDocument, byKind: new Map() }
        tallies.set(document, tally)
        if (test.result().state !== 'passed') continue
        tally.passed += 1
        tally.byKind.set(kind, (tally.byKind.get(kind) ?? 0) + 1)
      }
    }
    if (tallies.size === 0) return
    for (const [document, { passed, of, byKind }] of tallies) {
      const kinds = [...byKind].map(([kind, count]) => `${count} ${kind}`).join(', ')
      console.log(`${document}: ${passed} of ${of} blocks (${kinds}), ${percent(passed, of)}`)
    }
    const passed = [...tallies.values()].reduce((sum, tally) => sum + tally.passed, 0)
    console.log(`source documents: ${passed} of ${all} blocks, ${percent(passed, all)}`)
  }
}

// Rounded down: 100 % is said of all blocks only.
function percent(passed: number, of: number): string {
  return `${Math.floor((100 * passed) / of)} %`
}
