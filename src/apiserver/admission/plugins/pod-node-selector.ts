import { Namespace } from "../../../api/core/v1/namespace.ts"
import { Pod } from "../../../api/core/v1/pod.ts"
import { labelValue, qualifiedName } from "../../../machinery/names/labels.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import { forbidden, notFound } from "../../../machinery/status/errors.ts"
import { StatusError } from "../../../machinery/status/status-error.ts"
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from "../plugin.ts"
import { podOf } from "./pod-request.ts"

const ANNOTATION = "scheduler.alpha.kubernetes.io/node-selector"
const EVERYWHERE = "clusterDefaultNodeSelector"

/** Selectors as text: for all namespaces without one of their own, and what pods of a namespace may select by at most. */
export type NodeSelectors = ReadonlyMap<string, string>
type Selection = ReadonlyMap<string, string>

/**
 * Keeps the pods of a namespace on certain nodes.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#podnodeselector
 */
export function podNodeSelector(reader: ObjectReader, configured: NodeSelectors): AdmissionPlugin {
  const selectionOf = async (namespace: string): Promise<Selection> => {
    const found = reader.get(Namespace, "", namespace) ?? (await reader.getFresh(Namespace, "", namespace))
    if (found === undefined) throw notFound({ group: "", resource: "namespaces" }, namespace)
    const { annotations = {} } = found.metadata
    const own = Object.hasOwn(annotations, ANNOTATION) ? annotations[ANNOTATION] : undefined
    return parse(own ?? configured.get(EVERYWHERE) ?? "")
  }
  const check = (pod: Draft<Pod>, wanted: Selection, { namespace }: AdmissionRequest) => {
    const own = new Map(Object.entries(pod.spec.nodeSelector ?? {}))
    for (const [key, value] of wanted) {
      const other = own.get(key)
      if (other !== undefined && other !== value) {
        throw refused(pod, "pod node label selector conflicts with its namespace node label selector")
      }
    }
    const allowed = parse(configured.get(namespace) ?? "")
    const merged = new Map([...wanted, ...own])
    if (allowed.size === 0 || [...merged].every(([key, value]) => allowed.get(key) === value)) return merged
    throw refused(pod, "pod node label selector labels conflict with its namespace whitelist")
  }
  return {
    name: "PodNodeSelector",
    resources: [Pod],
    mutate: (request) => {
      const pod = request.operation === "CREATE" ? podOf(request) : undefined
      if (pod === undefined) return
      return selectionOf(request.namespace).then((wanted) => {
        const merged = check(pod, wanted, request)
        // Keys come from outside, so it has no prototype.
        const selector = Object.assign(Object.create(null), Object.fromEntries(merged)) as Record<string, string>
        if (merged.size > 0) pod.spec.nodeSelector = selector
      })
    },
    validate: (request) => {
      const pod = request.operation === "CREATE" ? podOf(request) : undefined
      if (pod === undefined) return
      return selectionOf(request.namespace).then((wanted) => void check(pod, wanted, request))
    },
  }
}

const refused = (pod: Draft<Pod>, why: string) =>
  forbidden({ group: "", resource: "pods" }, pod.metadata.name ?? "", why)

/** Of `a=b,c=d`. Throws a 500, as Kubernetes does. */
function parse(text: string): Selection {
  if (text === "") return new Map()
  return new Map(
    text.split(",").map((part) => {
      const sides = part.split("=")
      const [key = "", value = ""] = sides.map((side) => side.trim())
      if (sides.length !== 2) throw new StatusError("", 500, `invalid selector: [${sides.join(" ")}]`)
      const [problem] = [...qualifiedName(key), ...labelValue(value)]
      if (problem !== undefined) throw new StatusError("", 500, `invalid selector: ${part}: ${problem}`)
      return [key, value] as const
    }),
  )
}
