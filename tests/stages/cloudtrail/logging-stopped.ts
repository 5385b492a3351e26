import {
  CloudTrailClient,
  CreateTrailCommand,
  DeleteTrailCommand,
  StartLoggingCommand,
  StopLoggingCommand,
} from '@aws-sdk/client-cloudtrail';
import { CreateBucketCommand, DeleteBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { client } from '../../../shared/aws/client.ts';
import type { Stage } from '../../support/stage.ts';

/** A trail with all the kinds of characters that a trail's name may have, stopped while others go on logging. */
const stopped =
  (name: string, others: readonly string[], everStarted: boolean): Stage['set'] =>
  async () => {
    const cloudtrail = client(CloudTrailClient);
    const s3 = client(S3Client);
    const bucket = `stage-${name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-')}`;
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    for (const trail of [name, ...others]) {
      await cloudtrail.send(new CreateTrailCommand({ Name: trail, S3BucketName: bucket }));
      if (everStarted || trail !== name) await cloudtrail.send(new StartLoggingCommand({ Name: trail }));
    }
    if (everStarted) await cloudtrail.send(new StopLoggingCommand({ Name: name }));
    const region = await cloudtrail.config.region();
    return {
      target: { trail: `arn:aws:cloudtrail:${region}:123456789012:trail/${name}`, ours: true },
      after: true,
      call: { name: 'StopLogging', request: { name } },
      async clear() {
        for (const trail of [name, ...others]) await cloudtrail.send(new DeleteTrailCommand({ Name: trail }));
        await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
      },
    };
  };

export const stages: readonly Stage[] = [
  {
    rule: 'cloudtrail/logging-stopped',
    name: 'a trail with dots, dashes and capitals in its name is stopped; one whose name begins like it logs on',
    set: stopped('Audit.trail_EU-1', ['Audit.trail_EU-1.copy'], true),
  },
  { rule: 'cloudtrail/logging-stopped', name: 'a trail that never logged', set: stopped('never-started', [], false) },
];
