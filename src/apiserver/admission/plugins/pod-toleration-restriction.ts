import { Namespace } from "../../../api/core/v1/namespace.ts"
import { Pod } from "../../../api/core/v1/pod.ts"
import { Toleration } from "../../../api/core/v1/toleration.ts"
import { DecodeError, decode } from "../../../machinery/decode/decode.ts"
import { parseJson } from "../../../machinery/json/parse.ts"
import { JsonSyntaxError } from "../../../machinery/json/syntax-error.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import { notFound } from "../../../machinery/status/errors.ts"
import { StatusError } from "../../../machinery/status/status-error.ts"
import type { AdmissionPlugin, ObjectReader } from "../plugin.ts"
import { podOf } from "./pod-request.ts"
import { covers, mergeTolerations } from "./tolerations.ts"

const DEFAULTS = "scheduler.alpha.kubernetes.io/defaultTolerations"
const WHITELIST = "scheduler.alpha.kubernetes.io/tolerationsWhitelist"
const MEMORY_PRESSURE: Draft<Toleration> = {
  key: "node.kubernetes.io/memory-pressure",
  operator: "Exists",
  effect: "NoSchedule",
}

/** For namespaces that say nothing of their own. */
export interface TolerationSettings {
  readonly default: readonly Draft<Toleration>[]
  readonly whitelist: readonly Draft<Toleration>[]
}

/**
 * Gives pods the tolerations of their namespace, and holds them to those that it allows.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#podtolerationrestriction
 */
export function podTolerationRestriction(reader: ObjectReader, settings: TolerationSettings): AdmissionPlugin {
  const namespaceOf = async (name: string): Promise<Namespace> => {
    const found = reader.get(Namespace, "", name) ?? (await reader.getFresh(Namespace, "", name))
    if (found === undefined) throw notFound({ group: "", resource: "namespaces" }, name)
    return found
  }
  const check = (pod: Draft<Pod>, namespace: Namespace) => {
    const { tolerations = [] } = pod.spec
    const own = tolerationsOf(namespace, WHITELIST)
    const allowed = own ?? settings.whitelist
    if (allowed.length === 0 || tolerations.every((one) => allowed.some((wide) => covers(wide, one)))) return
    const scope = own === undefined ? "cluster" : "namespace"
    const what = "pod tolerations (possibly merged with namespace default tolerations)"
    throw new StatusError("", 500, `${what} conflict with its ${scope} whitelist`)
  }
  return {
    name: "PodTolerationRestriction",
    resources: [Pod],
    mutate: (request) => {
      const { operation, namespace } = request
      const pod = operation === "CREATE" || operation === "UPDATE" ? podOf(request) : undefined
      if (pod === undefined) return
      return namespaceOf(namespace).then((found) => {
        const given = operation === "CREATE" ? (tolerationsOf(found, DEFAULTS) ?? settings.default) : []
        const added = isBestEffort(pod) ? given : [...given, MEMORY_PRESSURE]
        if (added.length > 0) pod.spec.tolerations = mergeTolerations(pod.spec.tolerations ?? [], added)
        check(pod, found)
      })
    },
    validate: (request) => {
      const { operation, namespace } = request
      const pod = operation === "CREATE" || operation === "UPDATE" ? podOf(request) : undefined
      if (pod?.spec.tolerations === undefined || pod.spec.tolerations.length === 0) return
      return namespaceOf(namespace).then((found) => check(pod, found))
    },
  }
}

/** No container asks for processor time or memory. */
function isBestEffort({ spec }: Draft<Pod>): boolean {
  const lists = [...spec.containers, ...(spec.initContainers ?? [])].map(({ resources }) => resources)
  return [...lists, spec.resources].every((resources) =>
    [resources?.requests, resources?.limits].every(
      (list) => list?.["cpu"] === undefined && list?.["memory"] === undefined,
    ),
  )
}

/** Undefined when the namespace says nothing. Throws a 500 when it cannot be read. */
function tolerationsOf({ metadata }: Namespace, key: string): readonly Draft<Toleration>[] | undefined {
  const { annotations = {} } = metadata
  const text = Object.hasOwn(annotations, key) ? annotations[key] : undefined
  if (text === undefined || text === "") return text === undefined ? undefined : []
  try {
    const { value } = parseJson(text)
    if (!Array.isArray(value)) throw new DecodeError("json: cannot unmarshal into Go value of type []v1.Toleration")
    return value.map((one) => decode(Toleration, { value: one, duplicates: [] }).object)
  } catch (error) {
    if (!(error instanceof JsonSyntaxError) && !(error instanceof DecodeError)) throw error
    throw new StatusError("", 500, error.message)
  }
}
