import { arn } from '../../shared/aws/arn.ts';
import { told } from '../../shared/aws/telling.ts';
import { text } from '../../shared/core/json.ts';
import { rule, unreadable } from '../../shared/core/rule.ts';

export const consoleWithoutMfa = rule({
  id: 'signin/console-without-mfa',
  title: 'A user signed in to the console with a password alone',
  severity: 'medium',
  why: 'Whoever learns the password of a user without a second factor is that user. Passwords are guessed, reused and given away on false pages.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  // Recorded: Stratus Red Team (ConsoleLogin of an IAM user, MFAUsed No). For roles and federated people CloudTrail
  // always says No, whatever their provider asked for (CloudTrail user guide, "Console sign-in events").
  triggers: [{ kind: 'call', service: 'signin.amazonaws.com', name: 'ConsoleLogin', signIn: 'any' }],
  detect(signal) {
    if (signal.kind !== 'call' || signal.actor.type !== 'IAMUser') return [];
    const used = text(signal.additional, 'MFAUsed');
    if (used === undefined) return unreadable('additionalEventData.MFAUsed');
    if (!/^no$/i.test(used)) return [];
    // A provider vouched for whoever it is, and asked for a second factor or not: CloudTrail says No either way.
    if (text(signal.additional, 'SamlProviderArn') !== undefined) return [];
    const resource =
      signal.actor.arn ?? arn(signal, 'iam', `user/${signal.actor.name}`, { regional: false, owned: true });
    return told(resource, `the user ${signal.actor.name} signed in to the console without a second factor`);
  },
});
