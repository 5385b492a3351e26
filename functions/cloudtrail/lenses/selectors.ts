/** What a trail's event selectors let through. Shapes: API_EventSelector, API_AdvancedEventSelector, API_AdvancedFieldSelector. */
import { listed, member, named } from '../../../shared/aws/telling.ts';
import { canonical, isObject, type Json, type JsonObject } from '../../../shared/core/json.ts';

/** Selectors as the API takes and gives them: of one form or the other. */
export type Selectors = {
  readonly basic: readonly {
    readonly ReadWriteType?: string;
    readonly IncludeManagementEvents?: boolean;
    readonly DataResources?: readonly JsonObject[];
    readonly ExcludeManagementEventSources?: readonly string[];
  }[];
  readonly advanced: readonly JsonObject[];
};

/** `excluded`: services whose management events are left out; `narrowed`: by conditions that only AWS can judge. */
export type Coverage = {
  readonly reads: boolean;
  readonly writes: boolean;
  readonly excluded: readonly string[];
  readonly narrowed: boolean;
  readonly data: boolean;
};

const many = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : isObject(value) && Object.keys(value).length > 0 ? [value] : [];

/** Null where the selectors are not told. `source` is a request, an answer, or what GetEventSelectors gives. */
export function coverageOf(source: Json): Coverage | null {
  const [basic, advanced] = [many(member(source, 'eventSelectors')), many(member(source, 'advancedEventSelectors'))];
  if (basic.length + advanced.length === 0) return null;
  const parts = [...basic.map(plain), ...advanced.map(byFields)];
  const managing = parts.filter((part) => part.reads || part.writes);
  const common = (managing[0]?.excluded ?? []).filter((one) => managing.every((part) => part.excluded.includes(one)));
  return {
    reads: managing.some((part) => part.reads),
    writes: managing.some((part) => part.writes),
    excluded: common.slice(0, 20),
    narrowed: managing.length > 0 && managing.every((part) => part.narrowed),
    data: parts.some((part) => part.data),
  };
}

/** By default management events of both kinds are logged, and no data events. */
function plain(selector: unknown): Coverage {
  const manages = member(selector, 'includeManagementEvents') !== false;
  const kind = member(selector, 'readWriteType') ?? 'All';
  return {
    reads: manages && kind !== 'WriteOnly',
    writes: manages && kind !== 'ReadOnly',
    excluded: listed(member(selector, 'excludeManagementEventSources')),
    narrowed: false,
    data: many(member(selector, 'dataResources')).length > 0,
  };
}

function byFields(selector: unknown): Coverage {
  const fields = many(member(selector, 'fieldSelectors'));
  const field = (name: string): unknown => fields.find((one) => member(one, 'field') === name);
  const equals = (name: string): readonly string[] => listed(member(field(name), 'equals'));
  const manages = equals('eventCategory').includes('Management');
  const only = equals('readOnly');
  const known = ['eventCategory', 'readOnly'];
  const source = field('eventSource');
  const excluded = listed(member(source, 'notEquals'));
  return {
    reads: manages && !(only.length > 0 && !only.includes('true')),
    writes: manages && !(only.length > 0 && !only.includes('false')),
    excluded,
    narrowed: fields.some((one) => {
      const name = named((one ?? null) as Json, 'field') ?? '';
      return !known.includes(name) && !(name === 'eventSource' && excluded.length > 0);
    }),
    data: equals('eventCategory').includes('Data'),
  };
}

/** Whether these selectors let less through than those. Where only AWS can tell, what was there before counts as more. */
export function lessThan(now: Selectors, before: Selectors): boolean {
  const [less, more] = [now, before].map(({ basic, advanced }) =>
    coverageOf({ eventSelectors: basic, advancedEventSelectors: advanced } as Json),
  );
  if (!less || !more) return !less && !!more;
  return (
    (more.reads && !less.reads) ||
    (more.writes && !less.writes) ||
    less.excluded.some((one) => !more.excluded.includes(one)) ||
    (less.narrowed && !more.narrowed) ||
    (more.data && !less.data) ||
    dataOf(before).some(
      (one) => !dataOf(now).includes(one) && sameForm(now, before) && !dataOf(now).includes(allOf(one)),
    )
  );
}

const sameForm = (a: Selectors, b: Selectors): boolean => a.advanced.length > 0 === b.advanced.length > 0;

/** Each thing whose data events are logged, as `type value`; an advanced selector as it is written. */
function dataOf({ basic, advanced }: Selectors): readonly string[] {
  const resources = basic.flatMap(({ DataResources = [] }) =>
    DataResources.flatMap((one) => {
      const values = listed(member(one, 'values'), 1000);
      return values.map((value) => `${named(one, 'type') ?? '*'} ${value}`);
    }),
  );
  return [...resources, ...advanced.filter((one) => byFields(one).data).map((one) => canonical(withoutName(one)))];
}

const withoutName = (selector: JsonObject): Json => (member(selector, 'fieldSelectors') ?? null) as Json;

/** A value that ends before the resource stands for all of the service: API_DataResource. */
const allOf = (one: string): string => one.replace(/^(\S+ arn:[^:]+:[^:]+).*$/, '$1');
