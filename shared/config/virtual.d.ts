/** The checked firebreak.yml of a deployment, put into each bundle by scripts/build.ts. */
declare module 'firebreak:config' {
  const config: import('../core/mode.ts').Config;
  export default config;
}
