// The last line of a test run, plain and alone: `12 passed, 0 failed, 3 skipped`. Before it, every
// suite that was skipped, whose name holds the reason, and every test that failed.
import type { Reporter, TestModule, TestSuite } from 'vitest/node'

export class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state]++
      const broken = brokenIn(module)
      count.failed += broken.length
      const failed = [...module.children.allTests('failed')].map((test) => test.fullName)
      for (const name of [...broken, ...failed])
        console.log(`failed: ${module.relativeModuleId}: ${name}`)
      for (const suite of skippedIn(module))
        console.log(`skipped: ${module.relativeModuleId}: ${suite}`)
    }
    console.log(
      `${count.passed} passed, ${count.failed} failed, ${count.skipped + count.pending} skipped`,
    )
  }
}

// What fails outside any test, such as a file that cannot be loaded or a `beforeAll`: its tests do not run,
// and it would otherwise count for nothing.
function brokenIn(module: TestModule): string[] {
  const suites = [...module.children.allSuites()].filter((suite) => suite.errors().length > 0)
  const names = suites.map((suite) => `${suite.fullName} (outside its tests)`)
  return module.errors().length > 0 ? ['the file itself', ...names] : names
}

// Only the outermost suite of a skipped tree: its children are skipped for the same reason.
function skippedIn(parent: TestModule | TestSuite): string[] {
  return [...parent.children].flatMap((child) => {
    if (child.type === 'test') return child.result().state === 'skipped' ? [child.fullName] : []
    if (child.errors().length > 0) return []
    return child.state() === 'skipped' ? [child.fullName] : skippedIn(child)
  })
}
