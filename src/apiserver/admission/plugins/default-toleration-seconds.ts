import { Pod } from "../../../api/core/v1/pod.ts"
import type { AdmissionPlugin } from "../plugin.ts"
import { podOf } from "./pod-request.ts"

const KEYS = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]
const SECONDS = 300

/** Pods stay five minutes on a node that is not ready or cannot be reached, unless they say otherwise. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: "DefaultTolerationSeconds",
  resources: [Pod],
  mutate: (request) => {
    if (request.operation !== "CREATE" && request.operation !== "UPDATE") return
    const pod = podOf(request)
    if (pod === undefined) return
    const tolerations = pod.spec.tolerations ?? []
    const missing = KEYS.filter(
      (key) =>
        !tolerations.some((each) => (!each.key || each.key === key) && (!each.effect || each.effect === "NoExecute")),
    )
    if (missing.length === 0) return
    const added = missing.map((key) => ({
      key,
      operator: "Exists" as const,
      effect: "NoExecute" as const,
      tolerationSeconds: SECONDS,
    }))
    pod.spec.tolerations = [...tolerations, ...added]
  },
}
