import { defineConfig } from 'vitest/config'

/** The suite, on a real PostgreSQL: an embedded one for the run, or that of TEST_DATABASE_URL. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Needs a PgBouncer on the machine: `npm run test:pooler`.
    exclude: ['test/pooler/**'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    teardownTimeout: 30_000,
    reporters: ['default', './test/support/closing-line.ts'],
  },
})
