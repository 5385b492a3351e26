/** `firebreak backtest`: what Firebreak would have done, by the account’s own history. Changes nothing anywhere. */
import type { Command } from 'commander';
import { withoutClients } from './backtest/absent.ts';

export type Options = {
  json?: string;
  html?: string;
  state?: string;
  config?: string;
  fullParse?: true;
  lookup?: true;
  from?: string;
  to?: string;
  account?: string[];
  region?: string[];
};

export const define = (command: Command): Command =>
  command
    .description('say what the rules would have done, by the account’s own CloudTrail logs; changes nothing')
    .argument('[paths...]', 'files and folders of CloudTrail logs (.json, .json.gz, JSON lines), or s3://bucket/prefix')
    .option('--json <file>', 'write the whole answer as JSON; - is stdout')
    .option('--html <file>', 'write the answer as one HTML page')
    .option('--from <day>', 'with s3:// and --lookup: the first day (UTC), as 2026-07-01')
    .option('--to <day>', 'with s3:// and --lookup: the last day (UTC)')
    .option('--account <id...>', 'with s3://: only these accounts')
    .option('--region <region...>', 'with s3://: only these regions; with --lookup: the regions to ask')
    .option('--lookup', 'ask CloudTrail itself (LookupEvents, the last 90 days), where no log bucket exists')
    .option('--full-parse', 'parse every record, slowly: the findings are the same')
    .option('--state <file>', 'where an interrupted run leaves what it has (default: a file in ~/.cache/firebreak)')
    .option('--config <file>', 'the firebreak.yml that counts (default: FIREBREAK_CONFIG, ./firebreak.yml)')
    .addHelpText(
      'after',
      '\nExample:\n  $ npx firebreak backtest trail-logs --html backtest.html --json backtest.json',
    );

export async function run(paths: readonly string[], options: Options): Promise<number> {
  withoutClients();
  return (await import('./backtest/command.ts')).run(paths, options);
}
