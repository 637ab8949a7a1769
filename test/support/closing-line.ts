import type { Reporter, TestModule } from 'vitest/node'

/**
 * Ends the output with one line for programs: `N passed, N failed`. What failed outside of a test (a file that does
 * not load, a rejection nobody handled) counts as one failure each, so that a failed run never says `0 failed`.
 */
class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0
    let failed = unhandledErrors.length
    for (const module of modules) {
      failed += module.errors().length
      for (const suite of module.children.allSuites()) failed += suite.errors().length
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') passed += 1
        if (state === 'failed') failed += 1
      }
    }
    process.stdout.write(`${passed} passed, ${failed} failed\n`)
  }
}

// vitest loads a reporter by its default export.
// oxlint-disable-next-line import/no-default-export
export default ClosingLine
