import type { MatchResources } from "../../../api/admissionregistration/v1/match-resources.ts"
import type { ParamKind, ParamRef } from "../../../api/admissionregistration/v1/policy-parameters.ts"
import { compareKeys } from "../../../machinery/json/key-order.ts"
import type { AnyResource, KubeObject } from "../../../machinery/schema/resource.ts"
import { type Constraints, compileConstraints } from "../matching/constraints.ts"
import type { ObjectReader } from "../plugin.ts"

/** What both kinds of policies have. */
export interface PolicyObject extends KubeObject {
  readonly spec: {
    readonly paramKind?: ParamKind
    readonly matchConstraints?: MatchResources
    readonly failurePolicy?: string
  }
}
export interface BindingObject extends KubeObject {
  readonly spec: {
    readonly policyName?: string
    readonly paramRef?: ParamRef
    readonly matchResources?: MatchResources
  }
}

/** A policy that is in effect, with what puts it into effect. */
export interface ActivePolicy<P extends PolicyObject, B extends BindingObject, C> {
  readonly policy: P
  readonly constraints: Constraints
  /** A failing evaluation does not refuse the request. */
  readonly failsOpen: boolean
  readonly bindings: readonly { readonly binding: B; readonly constraints: Constraints }[]
  /** Compiled when it is first needed. */
  readonly compiled: () => C
}

const NONE: readonly never[] = []

/** The policies that bindings put into effect, by name. Compiled again only when their spec has changed. */
export function activePolicies<P extends PolicyObject, B extends BindingObject, C>(
  reader: ObjectReader,
  kinds: { readonly policy: AnyResource; readonly binding: AnyResource },
  compile: (policy: P) => C,
): () => readonly ActivePolicy<P, B, C>[] {
  let made: { readonly revision: string; readonly active: readonly ActivePolicy<P, B, C>[] } | undefined
  let compiled = new Map<string, () => C>()
  return () => {
    if (reader.count(kinds.policy) === 0 || reader.count(kinds.binding) === 0) return NONE
    const revision = `${reader.changedRevision(kinds.policy)}/${reader.changedRevision(kinds.binding)}`
    if (made?.revision === revision) return made.active
    const bindings = Map.groupBy(
      reader.list(kinds.binding, "") as readonly unknown[] as readonly B[],
      ({ spec }) => spec.policyName ?? "",
    )
    const before = compiled
    compiled = new Map()
    const active: ActivePolicy<P, B, C>[] = []
    for (const policy of (reader.list(kinds.policy, "") as readonly unknown[] as readonly P[]).toSorted(byName)) {
      const bound = bindings.get(policy.metadata.name)
      if (bound === undefined) continue
      const key = `${policy.metadata.uid}/${policy.metadata.generation}`
      const own = before.get(key) ?? once(() => compile(policy))
      compiled.set(key, own)
      active.push({
        policy,
        constraints: compileConstraints(policy.spec.matchConstraints),
        failsOpen: policy.spec.failurePolicy === "Ignore",
        bindings: bound
          .toSorted(byName)
          .map((binding) => ({ binding, constraints: compileConstraints(binding.spec.matchResources) })),
        compiled: own,
      })
    }
    made = { revision, active }
    return active
  }
}

const byName = (a: KubeObject, b: KubeObject) => compareKeys(a.metadata.name, b.metadata.name)

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}
