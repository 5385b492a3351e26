/**
 * Of AWS IAM, the versions of managed policies: MiniStack has no SetDefaultPolicyVersion. IAM API Reference and the SDK's
 * models of the commands below; "Versioning IAM policies", IAM User Guide: at most five, whose names are not used again.
 */
import { IAMClient } from '@aws-sdk/client-iam';
import { type Answer, awsError, type Fake } from '../support/fakes.ts';

type Version = { readonly VersionId: string; readonly Document: string };
type Policy = { default: string; next: number; versions: Version[] };

const account = '123456789012';

export const fake: Fake = {
  client: IAMClient,
  prefix: 'iam',
  fresh(): Answer {
    const policies = new Map<string, Policy>();
    const policy = (arn: unknown): Policy => {
      const found = policies.get(String(arn));
      if (!found) throw awsError('NoSuchEntityException', `Policy ${String(arn)} does not exist`, 404);
      return found;
    };
    const version = (of: Policy, id: unknown): Version => {
      const found = of.versions.find(({ VersionId }) => VersionId === id);
      if (!found) throw awsError('NoSuchEntityException', `Policy version ${String(id)} does not exist`, 404);
      return found;
    };
    const shown = (of: Policy, { VersionId, Document }: Version, whole: boolean) => ({
      VersionId,
      IsDefaultVersion: VersionId === of.default,
      // "The policy document returned in this structure is URL-encoded compliant with RFC 3986."
      ...(whole && { Document: encodeURIComponent(Document) }),
    });
    return (command, { PolicyArn, PolicyName, Path = '/', PolicyDocument, SetAsDefault, VersionId }) => {
      switch (command) {
        case 'CreatePolicy': {
          const Arn = `arn:aws:iam::${account}:policy${String(Path)}${String(PolicyName)}`;
          if (policies.has(Arn)) throw awsError('EntityAlreadyExistsException', Arn, 409);
          policies.set(Arn, {
            default: 'v1',
            next: 2,
            versions: [{ VersionId: 'v1', Document: String(PolicyDocument) }],
          });
          return { Policy: { Arn, PolicyName, DefaultVersionId: 'v1' } };
        }
        case 'CreatePolicyVersion': {
          const of = policy(PolicyArn);
          if (of.versions.length === 5) throw awsError('LimitExceededException', 'five versions', 409);
          const made = { VersionId: `v${of.next}`, Document: String(PolicyDocument) };
          of.next += 1;
          of.versions.push(made);
          if (SetAsDefault) of.default = made.VersionId;
          return { PolicyVersion: shown(of, made, false) };
        }
        case 'GetPolicy':
          return { Policy: { Arn: PolicyArn, DefaultVersionId: policy(PolicyArn).default } };
        case 'ListPolicyVersions': {
          const of = policy(PolicyArn);
          return { IsTruncated: false, Versions: of.versions.map((one) => shown(of, one, false)).reverse() };
        }
        case 'GetPolicyVersion': {
          const of = policy(PolicyArn);
          return { PolicyVersion: shown(of, version(of, VersionId), true) };
        }
        case 'SetDefaultPolicyVersion': {
          const of = policy(PolicyArn);
          of.default = version(of, VersionId).VersionId;
          return {};
        }
        case 'DeletePolicyVersion': {
          const of = policy(PolicyArn);
          if (of.default === version(of, VersionId).VersionId) throw awsError('DeleteConflictException', '', 409);
          of.versions = of.versions.filter((one) => one.VersionId !== VersionId);
          return {};
        }
        default:
          throw awsError('InvalidAction', `the fake has no ${command}`);
      }
    };
  },
};
