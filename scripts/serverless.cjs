// What osls resolves in serverless.yml as ${file(scripts/serverless.cjs):…}. osls loads CommonJS only; the work is done
// in serverless.ts, which Node 24 runs unbuilt.
module.exports = async () => {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 24) {
    throw new Error(
      `found Node ${process.versions.node}, expected 24 or newer, which npm ci installs into node_modules. Next: npx osls …, not a global osls`,
    );
  }
  const { stackParts } = await import('./serverless.ts');
  return stackParts();
};
