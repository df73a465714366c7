import type { FieldSelectorAttributes, LabelSelectorAttributes } from "../../../api/authorization/v1/attributes.ts"
import { parseFieldSelector } from "../../../machinery/selectors/field-selector.ts"
import { parseLabelSelector } from "../../../machinery/selectors/parse-label-selector.ts"
import { type Operator, SelectorError } from "../../../machinery/selectors/requirement.ts"
import type { RequestInfo, UserInfo } from "../../call.ts"

/** A question about access as a webhook gets it: every text is there, also when it is empty. */
export interface AccessSpec {
  readonly user: string
  readonly uid: string
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
  readonly resourceAttributes?: Readonly<Record<(typeof ATTRIBUTES)[number], string>> & {
    readonly fieldSelector?: Required<Pick<FieldSelectorAttributes, "requirements">>
    readonly labelSelector?: Required<Pick<LabelSelectorAttributes, "requirements">>
  }
  readonly nonResourceAttributes?: { readonly path: string; readonly verb: string }
}

const ATTRIBUTES = ["namespace", "verb", "group", "version", "resource", "subresource", "name"] as const

export function accessSpec(user: UserInfo, info: RequestInfo): AccessSpec {
  const { namespace, verb, group, version, resource, subresource, name, path } = info
  // Keys come from outside, so it has no prototype.
  const extra = Object.assign(Object.create(null), Object.fromEntries(user.extra)) as AccessSpec["extra"]
  const who = { user: user.name, uid: user.uid ?? "", groups: user.groups, extra }
  if (!info.isResource) return { ...who, nonResourceAttributes: { path, verb } }
  const fields = fieldRequirements(info.fieldSelector)
  const labels = labelRequirements(info.labelSelector)
  return {
    ...who,
    resourceAttributes: {
      namespace,
      verb,
      group,
      version,
      resource,
      subresource,
      name,
      ...(fields.length > 0 && { fieldSelector: { requirements: fields } }),
      ...(labels.length > 0 && { labelSelector: { requirements: labels } }),
    },
  }
}

/** As JSON of the API: without what is empty. The former version calls the groups `group`. */
export function wireSpec(
  { extra, groups, resourceAttributes, ...rest }: AccessSpec,
  version: "v1" | "v1beta1",
): object {
  const filled = (of: object) => Object.fromEntries(Object.entries(of).filter(([, value]) => value !== ""))
  return {
    ...(resourceAttributes && { resourceAttributes: filled(resourceAttributes) }),
    ...(rest.nonResourceAttributes && { nonResourceAttributes: filled(rest.nonResourceAttributes) }),
    ...filled({ user: rest.user }),
    ...(groups.length > 0 && { [version === "v1" ? "groups" : "group"]: groups }),
    ...(Object.keys(extra).length > 0 && { extra }),
    ...filled({ uid: rest.uid }),
  }
}

type FieldRequirements = Required<FieldSelectorAttributes>["requirements"]
type LabelRequirements = Required<LabelSelectorAttributes>["requirements"]

/** What cannot be read narrows nothing; the handler will say what is wrong with it. */
function unlessInvalid<T>(read: () => readonly T[]): readonly T[] {
  try {
    return read()
  } catch (error) {
    if (error instanceof SelectorError) return []
    throw error
  }
}

function fieldRequirements(text = ""): FieldRequirements {
  if (text === "") return []
  return unlessInvalid(() =>
    parseFieldSelector(text).terms.map(({ field, value, negated }) => ({
      key: field,
      operator: negated ? "NotIn" : "In",
      values: [value],
    })),
  )
}

const OPERATORS: ReadonlyMap<Operator, string> = new Map([
  ["in", "In"],
  ["=", "In"],
  ["==", "In"],
  ["notin", "NotIn"],
  ["!=", "NotIn"],
  ["exists", "Exists"],
  ["!", "DoesNotExist"],
])

function labelRequirements(text = ""): LabelRequirements {
  if (text === "") return []
  return unlessInvalid(() =>
    (parseLabelSelector(text).requirements ?? []).flatMap(({ key, operator, values }) => {
      const known = OPERATORS.get(operator)
      // Others can be left out: a question may be about more than what is asked for, never about less.
      return known === undefined ? [] : [{ key, operator: known, ...(values.length > 0 && { values: [...values] }) }]
    }),
  )
}
