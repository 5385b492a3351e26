/**
 * Keeps the SDK's clients out of a process that only recognises: they cost more to load than a hundred thousand records
 * to read, and what is not there can call nobody. Rules import them at the top; here such an import gives names that
 * throw when anything is asked of them.
 */
import { readFileSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import { cached } from './cached.ts';

const rules = new URL('../../functions/', import.meta.url).href;

/** From now on, what is imported under `functions/` gets no client. */
export function withoutClients(): void {
  // Node 22.15 and later; an older one loads the clients, and is slower.
  if (typeof module.registerHooks !== 'function') return;
  module.registerHooks({
    resolve(specifier, context, next) {
      const parent = context.parentURL ?? '';
      if (!specifier.startsWith('@aws-sdk/client-') || !parent.startsWith(rules)) return next(specifier, context);
      return { url: `data:text/javascript,${encodeURIComponent(stub(parent, specifier))}`, shortCircuit: true };
    },
  });
}

/** Keeps what Node makes of the sources, in the caller's own cache: the next run starts in half of the time and memory. */
export function keepCode(): void {
  // Node 22.1 and later. Workers take it from the environment.
  if (process.env['NODE_COMPILE_CACHE'] !== undefined || typeof module.enableCompileCache !== 'function') return;
  process.env['NODE_COMPILE_CACHE'] = cached('code');
  module.enableCompileCache(cached('code'));
}

function stub(parent: string, specifier: string): string {
  const text = readFileSync(fileURLToPath(parent), 'utf8');
  const imports = [...text.matchAll(/import \{([^}]*)\} from '([^']+)'/g)].filter(([, , from]) => from === specifier);
  const names = imports.flatMap(([, list = '']) =>
    list
      .split(',')
      .map((name) => name.trim().replace(/ as .*$/s, ''))
      .filter((name) => name !== '' && !name.startsWith('type ')),
  );
  const lines = names.map((name) => `export const ${name} = absent('${name}');`);
  return [
    `const fail = (name) => () => { throw new Error(name + ' of ${specifier} is not there: nothing here calls AWS'); };`,
    'const absent = (name) => new Proxy(class {}, { get: fail(name), construct: fail(name), apply: fail(name) });',
    ...lines,
  ].join('\n');
}
