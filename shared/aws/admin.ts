/**
 * The policy reader's third question: do the identity policies of a user, group or role make an administrator? That is
 * somebody who may do everything, or who may give everybody any right, and so everything.
 *
 * Decided as IAM decides: an explicit Deny, then an Allow, else nothing; a permissions boundary must allow it, too. The
 * questions are about whole kinds of resources: a Deny for one guarded role leaves an administrator. Where a condition
 * stands on an Allow, or on a Deny that would settle it, the answer is `possible`: its keys may well be met.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 *
 * Not asked: what a single action of IAM's, or passing a role to a service, may be turned into.
 */
import { isObject, type Json } from '../core/json.ts';
import { partitionOf, type Where } from './arn.ts';
import { actionsOf, arnWithin, reachesAction, reachesResource } from './cover.ts';
import { many, type Statement, scalar, short, statementsOf } from './statement.ts';

export type Admin = { readonly reason: string; readonly certainty: 'certain' | 'possible' };

/** An action (lower case), and the kind of resource that it is asked about: the fields after the partition. */
type Question = { readonly action: string; readonly service: string; readonly kind: string };
type Answer = 'yes' | 'maybe' | 'no';

/** An action of a service that no policy names: only who may do everything else may do this. */
const everything: Question = { action: 'firebreak-any:any', service: 'firebreak-any:*', kind: '*' };

/** The ways to give rights by IAM itself. Kinds of resources: Service Authorization Reference, AWS IAM. */
const rights: readonly Question[] = (
  [
    ['attachuserpolicy', 'user'],
    ['attachrolepolicy', 'role'],
    ['attachgrouppolicy', 'group'],
    ['putuserpolicy', 'user'],
    ['putrolepolicy', 'role'],
    ['putgrouppolicy', 'group'],
    ['createpolicyversion', 'policy'],
  ] as const
).map(([action, kind]) => ({ action: `iam:${action}`, service: 'iam:', kind: `${kind}/*` }));

const managed: ReadonlySet<string> = new Set(['AdministratorAccess', 'IAMFullAccess', 'PowerUserAccess']);

/** The name of AWS's own policy that makes an administrator, in any partition; null for any other ARN. */
export function adminPolicy(policyArn: string): string | null {
  const [, name = ''] = /^arn:[^:]+:iam::aws:policy\/(.+)$/.exec(policyArn) ?? [];
  return managed.has(name) ? name : null;
}

/**
 * Whether these identity policies (text or documents) together make an administrator of this account; null where not.
 * @param here the identity's account; what is null is not known: an Allow is taken to mean it, a Deny is not
 * @param boundary the permissions boundary, where the identity has one that is known; one that is no policy may allow
 */
export function adminOf(policies: readonly Json[], here: Where, boundary?: Json): Admin | null {
  const statements = policies.flatMap((policy) => statementsOf(policy) ?? []);
  const limits = boundary === undefined ? undefined : statementsOf(boundary);
  const asked = (questions: readonly Question[]): Answer =>
    least(
      questions.flatMap((question) => [
        answer(question, statements, here),
        ...(limits === undefined ? [] : [limits === null ? 'maybe' : answer(question, limits, here)]),
      ]),
    );
  const all = asked([everything]);
  const iam = all === 'yes' ? 'no' : asked(rights);
  if (all === 'no' && iam === 'no') return null;
  const certain = all === 'yes' || iam === 'yes';
  const [question, words] =
    all !== 'no' && (all === 'yes' || iam !== 'yes')
      ? [everything, 'allows everything on every resource']
      : [rights[0] ?? everything, 'allows to give anybody any right'];
  const by = statements.find((one) => one.Effect === 'Allow' && reaches(one, question, here));
  const how = by === undefined ? '' : ` (${described(by)})`;
  return {
    reason: `${words}${how}${certain ? '' : ', under conditions'}`,
    certainty: certain ? 'certain' : 'possible',
  };
}

const least = (answers: readonly Answer[]): Answer =>
  (['no', 'maybe'] as const).find((one) => answers.includes(one)) ?? 'yes';

function answer(question: Question, statements: readonly Statement[], here: Where): Answer {
  const reaching = statements.filter((one) => reaches(one, question, here));
  const denials = reaching.filter(({ Effect }) => Effect === 'Deny');
  const grants = reaching.filter(({ Effect }) => Effect === 'Allow');
  if (grants.length === 0 || denials.some(isPlain)) return 'no';
  return grants.some(isPlain) && denials.length === 0 ? 'yes' : 'maybe';
}

const isPlain = ({ Condition }: Statement): boolean =>
  Condition === undefined || (isObject(Condition) && Object.keys(Condition).length === 0);

/** An identity policy's statement without a resource is none that IAM accepts: it reaches nothing. */
function reaches(statement: Statement, { action, service, kind }: Question, here: Where): boolean {
  const { Effect, Resource, NotResource } = statement;
  if ((Resource === undefined && NotResource === undefined) || !reachesAction(statement, action)) return false;
  const partition = here.region === null ? '*' : partitionOf(here.region);
  const resource = `arn:${partition}:${service}:${here.account ?? '*'}:${kind}`;
  // All but some is as good as all, unless it is all of this kind that is left out.
  if (Effect === 'Allow' && NotResource !== undefined)
    return !many(NotResource).some((one) => arnWithin(resource, scalar(one)));
  return reachesResource(statement, resource, Effect === 'Allow' ? (pattern) => meant(pattern, here) : undefined);
}

/** What an Allow names is taken to be here where that is not known. */
function meant(pattern: string, { account, region }: Where): string {
  const [arn, partition, service, place, owner, ...kind] = pattern.split(':');
  if (kind.length === 0) return pattern;
  return [arn, region === null ? '*' : partition, service, place, account === null ? '*' : owner, ...kind].join(':');
}

function described(statement: Statement): string {
  const named = statement.NotAction === undefined ? actionsOf(statement) : many(statement.NotAction).map(scalar);
  return `${statement.NotAction === undefined ? 'Action' : 'NotAction'} ${short(named.join(', '))}`;
}
