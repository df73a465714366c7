import type { Pod } from "../../../api/core/v1/pod.ts"
import { isStaticPod } from "../../static-pods/static-pod.ts"
import type { Metric } from "./exposition.ts"

/** How many pods of which kind the node has. `unified`: all control groups are in one tree, as in version 2. */
export function podMetrics(pods: readonly Pod[], unified: boolean | undefined): Metric[] {
  const over = ({ status }: Pod) => status?.phase === "Succeeded" || status?.phase === "Failed"
  const active = pods.filter((pod) => !over(pod))
  const ephemeral = pods.reduce((sum, { spec }) => sum + (spec.ephemeralContainers?.length ?? 0), 0)
  return [
    bySource(
      "kubelet_desired_pods",
      "The number of pods the kubelet is being instructed to run. static is true if the pod is not from the apiserver.",
      pods,
    ),
    bySource(
      "kubelet_active_pods",
      "The number of pods the kubelet considers active and which are being considered when admitting new pods. static is true if the pod is not from the apiserver.",
      active,
    ),
    gauge(
      "kubelet_mirror_pods",
      "The number of mirror pods the kubelet will try to create (one per admitted static pod)",
      pods.filter(isStaticPod).length,
    ),
    gauge(
      "kubelet_managed_ephemeral_containers",
      "Current number of ephemeral containers in pods managed by this kubelet.",
      ephemeral,
    ),
    ...(unified === undefined
      ? []
      : [gauge("kubelet_cgroup_version", "cgroup version on the hosts.", unified ? 2 : 1)]),
  ]
}

function bySource(name: string, help: string, pods: readonly Pod[]): Metric {
  const fromFiles = pods.filter(isStaticPod).length
  const samples = [
    { labels: { static: "" }, value: pods.length - fromFiles },
    { labels: { static: "true" }, value: fromFiles },
  ]
  return { name, help: `[ALPHA] ${help}`, type: "gauge", samples }
}

function gauge(name: string, help: string, value: number): Metric {
  return { name, help: `[ALPHA] ${help}`, type: "gauge", samples: [{ value }] }
}
