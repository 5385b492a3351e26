/** One sandbox account for all test files of a project: started before them, stopped after them. */
import type { TestProject } from 'vitest/node';
import { startSandbox } from '../../scripts/sandbox/sandbox.ts';

declare module 'vitest' {
  interface ProvidedContext {
    sandbox: {
      readonly env: Readonly<Record<string, string>>;
      readonly endpoint: string;
      readonly moto: string;
      readonly account: string;
      readonly region: string;
    };
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { env, endpoint, moto, account, region, stop } = await startSandbox({ log: console.error });
  project.provide('sandbox', { env, endpoint, moto, account, region });
  return stop;
}
