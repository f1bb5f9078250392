// The last line of a test run, plain and alone: `12 passed, 0 failed, 3 skipped`. Before it, every
// suite that was skipped, whose name holds the reason, and every test that failed.
import type { Reporter, TestModule, TestSuite } from 'vitest/node'

export class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state]++
      // A file that could not be loaded has no tests, and would otherwise count for nothing.
      count.failed += module.errors().length
      for (const name of failedIn(module))
        console.log(`failed: ${module.relativeModuleId}: ${name}`)
      for (const suite of skippedIn(module))
        console.log(`skipped: ${module.relativeModuleId}: ${suite}`)
    }
    console.log(
      `${count.passed} passed, ${count.failed} failed, ${count.skipped + count.pending} skipped`,
    )
  }
}

function failedIn(module: TestModule): string[] {
  const tests = [...module.children.allTests('failed')].map((test) => test.fullName)
  return module.errors().length > 0 ? ['the file itself', ...tests] : tests
}

// Only the outermost suite of a skipped tree: its children are skipped for the same reason.
function skippedIn(parent: TestModule | TestSuite): string[] {
  return [...parent.children].flatMap((child) => {
    if (child.type === 'test') return child.result().state === 'skipped' ? [child.fullName] : []
    return child.state() === 'skipped' ? [child.fullName] : skippedIn(child)
  })
}
