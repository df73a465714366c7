import type {
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
} from "../../api/apiextensions/v1/custom-resource-definition.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"

/** Names in use by the other definitions of a group. */
export interface UsedNames {
  /** Plural, singular and short names: one name must lead to one resource. */
  readonly resources: ReadonlySet<string>
  /** Kinds and kinds of lists. */
  readonly kinds: ReadonlySet<string>
}

export interface AcceptedNames {
  readonly names: CustomResourceDefinitionNames
  /** Why not all names were accepted. */
  readonly conflict?: { readonly reason: string; readonly message: string }
}

export function usedNames(definitions: Iterable<CustomResourceDefinition>): UsedNames {
  const resources = new Set<string>()
  const kinds = new Set<string>()
  for (const { status } of definitions) {
    const { plural, singular = "", shortNames = [], kind, listKind = "" } = status.acceptedNames
    for (const name of [plural, singular, ...shortNames]) resources.add(name)
    for (const name of [kind, listKind]) kinds.add(name)
  }
  return { resources, kinds }
}

/** Which of the names that a definition asks for it gets. Those that others have stay as they were. */
export function acceptNames({ spec, status }: CustomResourceDefinition, used: UsedNames): AcceptedNames {
  const { names: wanted } = spec
  const had = status.acceptedNames
  let conflict: AcceptedNames["conflict"]
  const accept = (name: string, before: string, among: ReadonlySet<string>, reason: string): string => {
    if (name === before || !among.has(name)) return name
    conflict = { reason, message: inUse(name) }
    return before
  }
  const plural = accept(wanted.plural, had.plural, used.resources, "PluralConflict")
  const singular = accept(wanted.singular ?? "", had.singular ?? "", used.resources, "SingularConflict")
  const taken = takenShortNames(wanted.shortNames ?? [], had.shortNames ?? [], used)
  if (taken.length > 0) conflict = { reason: "ShortNamesConflict", message: aggregate(taken.map(inUse)) }
  const shortNames = taken.length > 0 ? had.shortNames : wanted.shortNames
  const kind = accept(wanted.kind, had.kind, used.kinds, "KindConflict")
  const listKind = accept(wanted.listKind ?? "", had.listKind ?? "", used.kinds, "ListKindConflict")
  const names: CustomResourceDefinitionNames = {
    plural,
    ...(singular !== "" && { singular }),
    ...(shortNames !== undefined && { shortNames }),
    kind,
    ...(listKind !== "" && { listKind }),
    ...(wanted.categories !== undefined && { categories: wanted.categories }),
  }
  return { names, ...(conflict && { conflict }) }
}

/** Whether a definition has every name it asks for: then there is nothing to decide. */
export function hasItsNames({ spec, status }: CustomResourceDefinition): boolean {
  return deepEqual(spec.names, status.acceptedNames)
}

function takenShortNames(wanted: readonly string[], had: readonly string[], used: UsedNames): readonly string[] {
  if (deepEqual(wanted, had)) return []
  return wanted.filter((name) => !had.includes(name) && used.resources.has(name))
}

const inUse = (name: string): string => `${JSON.stringify(name)} is already in use`

/** As Kubernetes joins several errors. */
export function aggregate(messages: readonly string[]): string {
  const unique = [...new Set(messages)]
  return unique.length === 1 ? (unique[0] ?? "") : `[${unique.join(", ")}]`
}
