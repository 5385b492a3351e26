/**
 * The policy reader's second question: which statements of a resource or trust policy let somebody in who belongs
 * neither to this account, nor to its organisation, nor to an account that firebreak.yml trusts.
 *
 * Decided as IAM decides, as far as one policy tells: an explicit Deny that surely reaches all that an Allow gives to
 * strangers silences it; of conditions, all must hold, and one that only our own callers meet is enough. What a policy
 * cannot tell (whose an organisation's member, a canonical user or a VPC is) makes a finding `possible`.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
import type { Json } from '../core/json.ts';
import type { Home } from '../core/mode.ts';
import { type Condition, conditionsOf, excepts, fixedPrincipal, restricts } from './condition.ts';
import { actionsOf, reachesAction, reachesResource, resourcesOf } from './cover.ts';
import { strangersSignedIn } from './federated.ts';
import { many, type Principal, principalsOf, type Statement, scalar, short, statementsOf } from './statement.ts';

/** Index in the policy's list of statements (0 for a single one), who is let in, and whether the policy alone tells. */
export type ForeignStatement = {
  readonly index: number;
  readonly who: readonly string[];
  readonly reason: string;
  readonly certainty: 'certain' | 'possible';
};

/** `ours`; `stranger`; `unknown`: the policy does not tell; `place`: where from, not whose; `service`: AWS's services. */
type Owner = 'ours' | 'stranger' | 'unknown' | 'place' | 'service';
type Outsider = { readonly who: string; readonly certain: boolean; readonly service: boolean };

/** More of a policy than IAM or any service stores is not compared pair by pair: what is left over silences nothing. */
const most = 200;

/** The Allow statements that let strangers in, in order. A reason may quote a stranger's names, cut short. */
export function foreignStatements(policy: Json, home: Home): ForeignStatement[] {
  const statements = statementsOf(policy) ?? [];
  const denials = statements.filter((one) => deniesStrangers(one, home)).slice(0, most);
  return statements.flatMap((statement, index) => {
    const outsiders = outsidersOf(statement, home);
    const left = outsiders.length > 0 ? outsiders.filter((one) => !silenced(statement, one, denials)) : [];
    if (left.length === 0) return [];
    const who = [...new Set(left.map((one) => short(one.who)))].slice(0, 20);
    const certain = left.some((one) => one.certain);
    const reason = `lets in ${short(who.join(', '))}${certain ? '' : ', perhaps strangers'}`;
    return [{ index, who, reason, certainty: certain ? 'certain' : 'possible' }];
  });
}

function outsidersOf(statement: Statement, home: Home): readonly Outsider[] {
  if (statement.Effect !== 'Allow') return [];
  const conditions = conditionsOf(statement.Condition);
  const held = conditions.filter(restricts).map((condition) => ({ condition, owner: ownerOf(condition, home) }));
  if (held.some(({ owner }) => owner === 'ours')) return [];
  if (held.some(({ owner }) => owner === 'service')) return sources(held);
  if (statement.NotPrincipal !== undefined) return [anyone('everyone except a few (NotPrincipal)', held)];
  return principalsOf(statement).flatMap((principal) => {
    if (principal.type === 'Service' && fixedPrincipal(principal)) return sources(held);
    if (principal.type === 'Federated') return federated(principal, conditions, home, held);
    if (!fixedPrincipal(principal)) return [anyone(principal.name === '*' ? 'everyone' : called(principal), held)];
    const owner = principal.type === 'AWS' ? ownerOfName(principal.name, home) : 'unknown';
    // A member of an organisation that may be ours is perhaps no stranger, whatever its number.
    const certain = owner === 'stranger' && !held.some((one) => one.owner === 'unknown');
    return owner === 'ours' ? [] : [{ who: called(principal), certain, service: false }];
  });
}

/** The kinds that IAM knows; what else a policy may hold in their place is shown to nobody. */
const kinds = ['AWS', 'Service', 'Federated', 'CanonicalUser'];
const called = ({ type, name }: Principal): string =>
  kinds.includes(type) ? `${type} ${name}` : 'a principal of no known kind';

type Held = readonly { readonly condition: Condition; readonly owner: Owner }[];

/** Whoever meets the conditions: strangers for certain where nothing holds them, or what holds them is a stranger's. */
function anyone(who: string, held: Held): Outsider {
  const holding = held.map(({ condition }) => `${condition.key} ${condition.values.map(scalar).join(' or ')}`);
  return {
    who: holding.length > 0 ? `${who} with ${holding.join(' and ')}` : who,
    certain: held.length === 0 || held.some(({ owner }) => owner === 'stranger'),
    service: false,
  };
}

/**
 * A service is no stranger, but may come on behalf of one: only where its source is named. A service without a named
 * source may be anybody's confused deputy; that is how most services are let in, and not this question.
 */
function sources(held: Held): readonly Outsider[] {
  return held
    .filter(({ condition }) => condition.key.toLowerCase().startsWith('aws:source'))
    .filter(({ owner }) => owner === 'stranger' || owner === 'unknown')
    .map(({ condition, owner }) => ({
      who: `a service for ${condition.key} ${condition.values.map(scalar).join(' or ')}`,
      certain: owner === 'stranger',
      service: true,
    }));
}

function federated({ name }: Principal, conditions: readonly Condition[], home: Home, held: Held): readonly Outsider[] {
  const [, , , , account, provider = ''] = name.split(':');
  if (name.startsWith('arn:')) {
    const owner = ownerOfAccount(account ?? '', home);
    if (owner !== 'ours') return [{ who: `Federated ${name}`, certain: owner === 'stranger', service: false }];
  }
  const strangers = strangersSignedIn(name.startsWith('arn:') ? provider : name, conditions);
  return strangers === null ? [] : [anyone(strangers, held)];
}

/** All values of a condition: one that is a stranger's lets that stranger in. */
function ownerOf({ key, values }: Condition, home: Home): Owner {
  const owners = values.map((value) => ownerOfValue(key.toLowerCase(), scalar(value), home));
  return (['stranger', 'unknown', 'place', 'service'] as const).find((owner) => owners.includes(owner)) ?? 'ours';
}

function ownerOfValue(key: string, value: string, home: Home): Owner {
  switch (key) {
    case 'aws:principalorgid':
    case 'aws:principalorgpaths':
    case 'aws:sourceorgid':
    case 'aws:sourceorgpaths':
      if (home.organization === undefined) return 'unknown';
      return value.split('/')[0] === home.organization ? 'ours' : 'stranger';
    case 'aws:principalaccount':
    case 'aws:sourceaccount':
    case 'aws:sourceowner':
    case 'kms:calleraccount':
    case 's3:dataaccesspointaccount':
      return ownerOfAccount(value, home);
    case 'aws:principalarn':
    case 'aws:sourcearn':
    case 's3:dataaccesspointarn': {
      const account = value.split(':')[4] ?? '';
      return /^\d{12}$/.test(account) ? ownerOfAccount(account, home) : 'place';
    }
    case 'aws:userid':
      return /^\d{12}$/.test(value) ? ownerOfAccount(value, home) : 'unknown';
    case 'aws:principalisawsservice':
    case 'aws:principalservicename':
    case 'aws:principalservicenameslist':
      return 'service';
    default: // addresses, VPCs and endpoints
      return 'place';
  }
}

/** Whose an account is, by its id: `unknown` where it may be one of the organisation's. */
export const ownerOfId = (account: string, home: Home): 'ours' | 'stranger' | 'unknown' =>
  ownerOfAccount(account, home);

/** Whose an organisation is, by its id `o-…`. */
export const ownerOfOrganization = (id: string, home: Home): 'ours' | 'stranger' | 'unknown' =>
  home.organization === undefined ? 'unknown' : id === home.organization ? 'ours' : 'stranger';

/** An account is a stranger's for certain only where none of the organisation's can be meant. */
function ownerOfAccount(account: string, home: Home): 'ours' | 'stranger' | 'unknown' {
  if (account === home.account || home.trusted?.includes(account)) return 'ours';
  return !/^\d{12}$/.test(account) || home.account === null || home.organization !== undefined ? 'unknown' : 'stranger';
}

/** An account's id, an ARN, or the unique id of an identity, which names no account. */
const ownerOfName = (name: string, home: Home): Owner =>
  ownerOfAccount(name.startsWith('arn:') ? (name.split(':')[4] ?? '') : name, home);

/**
 * A Deny for everyone but our own. `BoolIfExists aws:PrincipalIsAWSService false` may stand beside it, and spares
 * services; without IfExists it would spare the anonymous, whose requests do not have the key
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalisawsservice).
 */
function deniesStrangers(statement: Statement, home: Home): boolean {
  if (statement.Effect !== 'Deny') return false;
  const conditions = conditionsOf(statement.Condition);
  if (statement.NotPrincipal !== undefined) {
    const spared = principalsOf({ Principal: statement.NotPrincipal });
    return (
      statement.Condition === undefined &&
      spared.every(({ type, name }) => type === 'AWS' && literalOwner(name, home) === 'ours')
    );
  }
  if (!principalsOf(statement).some(({ type, name }) => type === 'AWS' && name === '*')) return false;
  if (conditions.length === 0) return statement.Condition === undefined;
  const excepting = conditions.filter((one) => excepts(one) && ownerOf(one, home) === 'ours');
  return excepting.length > 0 && conditions.every((one) => excepting.includes(one) || sparesServices(one));
}

const literalOwner = (name: string, home: Home): Owner => (/[*?]/.test(name) ? 'stranger' : ownerOfName(name, home));

const sparesServices = ({ operator, key, values }: Condition): boolean =>
  operator.toLowerCase() === 'boolifexists' &&
  key.toLowerCase() === 'aws:principalisawsservice' &&
  values.every((value) => scalar(value).toLowerCase() === 'false');

/** Whether a Deny for strangers surely reaches all that the statement allows. */
function silenced(statement: Statement, outsider: Outsider, denials: readonly Statement[]): boolean {
  const [actions, resources] = [actionsOf(statement), resourcesOf(statement)];
  if (denials.length === 0 || actions.length > most || resources.length > most) return false;
  return denials
    .filter((denial) => !outsider.service || !conditionsOf(denial.Condition).some(sparesServices))
    .filter((denial) => many(denial.Action).length <= most && many(denial.Resource).length <= most)
    .some(
      (denial) =>
        actions.every((action) => reachesAction(denial, action)) &&
        resources.every((resource) => reachesResource(denial, resource)),
    );
}
