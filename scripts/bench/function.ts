/** A fresh process with the built bundle of a function: handles the events of a file, one after the other, and tells its figures. */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [bundle = '', file = ''] = process.argv.slice(2);
const { handler } = (await import(pathToFileURL(bundle).href)) as {
  handler: (event: unknown, context: object) => Promise<readonly { outcome: string }[]>;
};
const events = JSON.parse(readFileSync(file, 'utf8')) as unknown[];
const outcomes: string[] = [];
const warm: number[] = [];
// The function logs to its standard output, where the figures go.
console.log = console.info = () => {};
for (const [index, event] of events.entries()) {
  const began = performance.now();
  const context = {
    awsRequestId: `bench-${process.pid}-${index}`,
    invokedFunctionArn: process.env['BENCH_ARN'],
    functionName: 'bench',
    getRemainingTimeInMillis: () => 60_000,
  };
  const results = await handler(event, context);
  outcomes.push(...results.map(({ outcome }) => outcome));
  if (index > 0) warm.push(performance.now() - began);
}
process.stdout.write(`${JSON.stringify({ peak: process.resourceUsage().maxRSS * 1024, warm, outcomes })}\n`);
