import { DisableCommand, EnableCommand, Inspector2Client, type ResourceScanType } from '@aws-sdk/client-inspector2';
import { client } from '../../../shared/aws/client.ts';
import type { Json } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

const all = { EC2: 'ENABLED', ECR: 'ENABLED', LAMBDA: 'ENABLED', LAMBDA_CODE: 'DISABLED' };

/** Three scans that were on; these were switched off, all of them where none is named. */
const stage = (name: string, off: readonly ResourceScanType[], learned?: Json): Stage => ({
  rule: 'inspector/disabled',
  name,
  ...(learned !== undefined && { learned }),
  async set() {
    const inspector = client(Inspector2Client);
    await inspector.send(new EnableCommand({ resourceTypes: ['EC2', 'ECR', 'LAMBDA'] }));
    await inspector.send(new DisableCommand(off.length > 0 ? { resourceTypes: [...off] } : {}));
    return {
      target: { region: 'us-east-1', types: [...off], ours: true },
      after: all,
      call: { name: 'Disable', request: off.length > 0 ? { resourceTypes: [...off] } : {} },
      async clear() {
        await inspector.send(new DisableCommand({}));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('one kind of scan switched off', ['ECR']),
  stage('two kinds of scan switched off', ['EC2', 'LAMBDA']),
  // What was off before stays off.
  stage('switched off altogether: what was on comes back', [], all),
];
