import { Pod } from "../../../api/core/v1/pod.ts"
import { RuntimeClass } from "../../../api/node/v1/runtime-class.ts"
import { deepEqual } from "../../../machinery/patch/structure.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from "../plugin.ts"
import { refusal } from "../refusal.ts"
import { podOf } from "./pod-request.ts"
import { mergeTolerations } from "./tolerations.ts"

const MISMATCH = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"

/** Takes overhead and scheduling rules from a pod's runtime class. */
export function runtimeClass(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "RuntimeClass",
    resources: [Pod],
    mutate: (request) => {
      const pod = podOf(request)
      if (pod?.spec.runtimeClassName === undefined || request.operation !== "CREATE") return
      return classOf(request, pod.spec.runtimeClassName, reader).then((found) => {
        setOverhead(request, pod, found)
        setScheduling(request, pod, found)
      })
    },
    validate: (request) => {
      const pod = podOf(request)
      if (pod === undefined || request.operation !== "CREATE") return
      const { runtimeClassName, overhead } = pod.spec
      if (runtimeClassName === undefined) return checkOverhead(request, overhead, undefined)
      return classOf(request, runtimeClassName, reader).then((found) => checkOverhead(request, overhead, found))
    },
  }
}

function checkOverhead(
  request: AdmissionRequest,
  overhead: Pod["spec"]["overhead"],
  found: RuntimeClass | undefined,
): void {
  if (found?.overhead !== undefined) {
    if (!deepEqual(found.overhead.podFixed ?? {}, overhead ?? {})) throw refusal(request, MISMATCH)
  } else if (overhead !== undefined) {
    throw refusal(request, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead")
  }
}

async function classOf(request: AdmissionRequest, name: string, reader: ObjectReader): Promise<RuntimeClass> {
  const found = reader.get(RuntimeClass, "", name) ?? (await reader.getFresh(RuntimeClass, "", name))
  if (found === undefined) throw refusal(request, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`)
  return found
}

function setOverhead(request: AdmissionRequest, { spec }: Draft<Pod>, { overhead }: RuntimeClass): void {
  if (overhead === undefined) return
  const fixed = overhead.podFixed
  if (Object.keys(spec.overhead ?? {}).length > 0 && !deepEqual(fixed ?? {}, spec.overhead)) {
    throw refusal(request, MISMATCH)
  }
  if (fixed !== undefined)
    spec.overhead = Object.assign(Object.create(null), fixed) as NonNullable<typeof spec.overhead>
}

function setScheduling(request: AdmissionRequest, { spec }: Draft<Pod>, { scheduling }: RuntimeClass): void {
  if (scheduling === undefined) return
  for (const [key, value] of Object.entries(scheduling.nodeSelector ?? {})) {
    const own = spec.nodeSelector?.[key]
    if (own !== undefined && own !== value) {
      throw refusal(
        request,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
      )
    }
    spec.nodeSelector ??= Object.create(null) as Record<string, string>
    spec.nodeSelector[key] = value
  }
  const merged = mergeTolerations(
    spec.tolerations ?? [],
    (scheduling.tolerations ?? []) as typeof spec.tolerations & {},
  )
  if (merged.length > 0) spec.tolerations = merged
}
