import { defineConfig } from 'vitest/config';

/** No test measures the clock: a slow machine may take its time. In milliseconds. */
const patience = { testTimeout: 120_000, hookTimeout: 180_000 };
/** Starts one sandbox account for a project; what it provides, the workers put into their environment. */
const sandbox = { globalSetup: ['tests/support/sandbox-global.ts'], setupFiles: ['tests/support/sandbox-worker.ts'] };

export default defineConfig({
  // The deployment's configuration is a module that only a bundle holds: tests hand theirs to the engine.
  test: {
    pool: 'forks',
    projects: [
      { extends: true, test: { name: 'unit', include: ['tests/unit/**/*.test.ts'], testTimeout: 60_000 } },
      {
        extends: true,
        // One after the other: stages have names of their own, and one account to stand in.
        test: {
          name: 'emulator',
          include: ['tests/emulator/**/*.test.ts'],
          ...patience,
          ...sandbox,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['tests/browser/**/*.test.ts'],
          ...patience,
          ...sandbox,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: { name: 'stack', include: ['tests/stack/**/*.test.ts'], ...patience, ...sandbox, fileParallelism: false },
      },
    ],
  },
});
