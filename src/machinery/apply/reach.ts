import type { ObjectForm } from "../schema/object-form.ts"
import type { AnyResource } from "../schema/resource.ts"
import { FieldSet } from "./field-set.ts"
import { fieldElement } from "./path-element.ts"

/** What of an object a request can change at all: nobody comes to own the rest by it, whatever the request says. */
export interface Reach {
  /** The fields of a set that can be changed. */
  readonly within: (fields: FieldSet) => FieldSet
  /** Members of the object of which nothing can be changed. */
  readonly resetMembers: ReadonlySet<string>
}

const reaches = new WeakMap<AnyResource, Map<string, Reach>>()

/** Of requests to a subresource; the empty one is the object itself. */
export function reachOf(resource: AnyResource, subresource: string): Reach {
  let known = reaches.get(resource)
  if (known === undefined) reaches.set(resource, (known = new Map()))
  return known.getOrInsertComputed(subresource, () => findReach(resource, subresource))
}

function findReach({ struct, strategy, subresources }: AnyResource, name: string): Reach {
  if (struct.form !== undefined) return reachWithout(resetsOfCustom(struct.form, name))
  if (name === "") return reachWithout(strategy.resets ?? (subresources.has("status") ? ["status"] : []))
  const { resets } = subresources.get(name) ?? {}
  return reachWithout(resets ?? (name === "status" ? membersBeside(struct.members.keys()) : []))
}

/** Other members than these of custom resources are not reset for owners, as in Kubernetes. */
function resetsOfCustom({ hasStatus }: ObjectForm, name: string): readonly string[] {
  if (!hasStatus) return []
  return name === "" ? ["status"] : name === "status" ? ["metadata", "spec"] : []
}

const KEPT_BY_STATUS: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata", "status"])
const membersBeside = (names: Iterable<string>) => [...names].filter((name) => !KEPT_BY_STATUS.has(name))

/** Everything but some paths, such as `metadata.labels`, and all that is inside them. */
export function reachWithout(paths: readonly string[]): Reach {
  const fields = FieldSet.of(...paths.map((path) => path.split(".").map(fieldElement)))
  return {
    within: (set) => set.recursiveDifference(fields),
    resetMembers: new Set(paths.filter((path) => !path.includes("."))),
  }
}
