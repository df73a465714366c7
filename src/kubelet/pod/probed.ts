import type { Pod } from "../../api/core/v1/pod.ts"
import type { Probed } from "../probe/prober.ts"
import { allContainers } from "./containers.ts"
import { type PodRuntime, readySandbox } from "./facts.ts"

/** The containers of a pod that run and may have probes. `pod` has its current status, for what was known before. */
export function probedContainers(pod: Pod, runtime: PodRuntime, nodeIp: string): Probed[] {
  const podIp = pod.spec.hostNetwork ? nodeIp : (readySandbox(runtime)?.ips[0] ?? nodeIp)
  const containers = new Map(allContainers(pod).map((each) => [each.spec.name, each]))
  const before = [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])]
  return runtime.containers.flatMap((status): Probed[] => {
    const container = containers.get(status.metadata.name)
    if (status.state !== "RUNNING" || container === undefined) return []
    if (container.kind === "init" || container.kind === "ephemeral") return []
    const known = before.find(({ containerID }) => containerID?.endsWith(`/${status.id}`))
    const startedAtMs = Number(status.startedAtNs / 1_000_000n)
    const reported = known === undefined ? undefined : { ready: known.ready, started: known.started ?? false }
    return [{ container, id: status.id, startedAtMs, podIp, before: reported }]
  })
}
