import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    // Two cores: more workers only fight with the PostgreSQL server that the integration tests talk to.
    maxWorkers: 2,
    globalSetup: ['test/support/global-setup.ts'],
  },
});
