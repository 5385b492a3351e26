/** The checked firebreak.yml of a deployment, put into each bundle by scripts/build.ts. */
declare module 'firebreak:config' {
  const config: import('../core/mode.ts').Config;
  export default config;
}

/** What rules say of their fixes, by rule: put into bundles by scripts/build.ts. */
declare module 'firebreak:words' {
  const words: { readonly [rule: string]: { readonly risk: string; readonly mends: string; readonly undoes: string } };
  export default words;
}
