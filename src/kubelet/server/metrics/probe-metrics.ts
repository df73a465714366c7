import type { KubeletRequest } from "../context.ts"
import { formatMetrics } from "./exposition.ts"

/** `/metrics/probes` */
export async function probeMetrics({ probeResults }: KubeletRequest): Promise<string> {
  const samples = (probeResults?.() ?? []).map(({ type, result, container, pod, namespace, podUid, count }) => ({
    labels: { container, namespace, pod, pod_uid: podUid, probe_type: type, result },
    value: count,
  }))
  const help = "[BETA] Cumulative number of a liveness, readiness or startup probe for a container by result."
  return formatMetrics([{ name: "prober_probe_total", help, type: "counter", samples }])
}
