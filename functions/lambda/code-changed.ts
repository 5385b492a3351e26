import * as v from 'valibot';
import { parseArn } from '../../shared/aws/arn.ts';
import { isPerson, isService } from '../../shared/aws/person.ts';
import { short } from '../../shared/aws/statement.ts';
import { listed, told } from '../../shared/aws/telling.ts';
import { at } from '../../shared/core/json.ts';
import { covers, type Home } from '../../shared/core/mode.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { functionOf, nameOf } from './lenses/called.ts';

type Patterns = readonly string[];
const patterns = (description: string) =>
  v.optional(v.pipe(v.array(v.pipe(v.string(), v.minLength(1))), v.description(description)), []);

const baseline = v.strictObject({
  pipelines: patterns(
    'ARNs of callers that deploy code, `*` for any text; where some are named, everybody else’s deployment is told',
  ),
  layers: patterns('ARNs of other accounts’ layers that are in use on purpose, AWS’s own among them; `*` for any text'),
});

export const codeChanged = rule({
  id: 'lambda/code-changed',
  title: 'A function’s code was changed outside the pipeline',
  severity: 'medium',
  why: 'Whoever replaces a function’s code, or adds a layer to it, runs with its role’s rights at its next call, and sees all that it is given. What a pipeline deploys was reviewed; this was not.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [{ framework: 'MITRE ATT&CK', id: 'T1648', source: 'https://rulehound.com/rules/7e6c51' }],
  // Recorded: Stratus Red Team, aws.persistence.lambda-overwrite-code and aws.persistence.lambda-layer-extension.
  triggers: calls('lambda.amazonaws.com', 'UpdateFunctionCode20150331v2', 'UpdateFunctionConfiguration20150331v2'),
  baseline,
  detect(signal, { pipelines = [], layers = [] }, home) {
    if (signal.kind !== 'call') return [];
    const resource = functionOf(signal);
    if (resource === undefined) return unreadable('requestParameters.functionName');
    if (signal.name.startsWith('UpdateFunctionConfiguration'))
      return layered(signal, resource, { pipelines, layers }, home);
    // A dry run checks the request and changes nothing: API_UpdateFunctionCode, DryRun.
    if (at(signal.request, 'dryRun') === true || !outside(signal, pipelines)) return [];
    return told(resource, `${signal.actor.name} replaced the code of ${short(nameOf(resource))}`);
  },
});

/** Outside the pipelines that are named; where none is, what people do by hand. */
function outside({ actor }: Call, pipelines: Patterns): boolean {
  if (pipelines.length === 0) return isPerson(actor);
  return !isService(actor) && !pipelines.some((pattern) => covers(pattern, actor.arn ?? ''));
}

/** Another account's layers are told whoever adds them; our own where a person does, as they may have been there before. */
function layered(call: Call, resource: string, known: { pipelines: Patterns; layers: Patterns }, home: Home) {
  const layers = listed(at(call.request, 'layers'));
  const foreign = layers
    .filter((layer) => isForeign(layer, home))
    .filter((layer) => !known.layers.some((pattern) => covers(pattern, layer)));
  const name = short(nameOf(resource));
  if (foreign.length > 0)
    return told(resource, `${name} now runs layers of other accounts: ${short(foreign.join(', '))}`);
  if (layers.length === 0 || !outside(call, known.pipelines)) return [];
  return told(resource, `${call.actor.name} set the layers of ${name}: ${short(layers.join(', '))}`, 'possible');
}

function isForeign(layer: string, home: Home): boolean {
  const owner = parseArn(layer)?.account;
  return owner !== undefined && owner !== home.account && !home.trusted?.includes(owner);
}
