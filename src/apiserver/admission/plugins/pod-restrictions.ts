import { Pod } from "../../../api/core/v1/pod.ts"
import { forbidden } from "../../../machinery/status/errors.ts"
import type { AdmissionPlugin } from "../plugin.ts"
import { podOf } from "./pod-request.ts"

const HOSTNAME = "kubernetes.io/hostname"

/** Pods may keep others away from their node, but not from a whole zone. */
export const limitPodHardAntiAffinityTopology: AdmissionPlugin = {
  name: "LimitPodHardAntiAffinityTopology",
  resources: [Pod],
  validate: (request) => {
    const { operation } = request
    const pod = operation === "CREATE" || operation === "UPDATE" ? podOf(request) : undefined
    const terms = pod?.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
    const wide = terms.find(({ topologyKey }) => topologyKey !== HOSTNAME)
    if (wide === undefined) return
    const found = `affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey ${wide.topologyKey}`
    const why = `${found} but only key ${HOSTNAME} is allowed`
    throw forbidden({ group: "", resource: "pods" }, pod?.metadata.name ?? "", why)
  },
}

/** Pods that ask for a device tolerate the taint that keeps others off the nodes that have it. */
export const extendedResourceToleration: AdmissionPlugin = {
  name: "ExtendedResourceToleration",
  resources: [Pod],
  mutate: (request) => {
    const { operation } = request
    const pod = operation === "CREATE" || operation === "UPDATE" ? podOf(request) : undefined
    if (pod === undefined) return
    const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]
    const names = new Set(containers.flatMap(({ resources }) => Object.keys(resources?.requests ?? {})))
    for (const key of [...names].filter(isExtended).toSorted()) {
      const tolerations = (pod.spec.tolerations ??= [])
      const same = tolerations.findIndex(
        (one) => one.key === key && one.operator === "Exists" && one.effect === "NoSchedule" && !one.value,
      )
      const wanted = { key, operator: "Exists" as const, effect: "NoSchedule" as const }
      if (same < 0) tolerations.push(wanted)
      else tolerations[same] = wanted
    }
  },
}

/** Neither Kubernetes' own nor one that quotas use. */
function isExtended(name: string): boolean {
  const isNative = !name.includes("/") || name.includes("kubernetes.io/")
  return !isNative && !name.startsWith("requests.")
}
