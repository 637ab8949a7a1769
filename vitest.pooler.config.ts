import { defineConfig } from 'vitest/config'

/** The tests that need a PgBouncer on the machine (Debian and Ubuntu: `apt-get install pgbouncer`). */
export default defineConfig({
  test: {
    include: ['test/pooler/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 30_000,
    reporters: ['default', './test/support/closing-line.ts'],
  },
})
