/** Gives a worker the sandbox's environment, so that no client in it can reach anything else. */
import { inject } from 'vitest';

for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
Object.assign(process.env, inject('sandbox').env);
