import { X509Certificate } from "node:crypto"
import { readFileSync } from "node:fs"
import type { NodePki } from "../../pki/pki.ts"
import type { Clock } from "../../platform/clock.ts"
import { MetricsRegistry } from "../../platform/metrics-registry.ts"
import { addProcessMetrics } from "../../platform/process-metrics.ts"
import { gantryVersion, KUBERNETES_VERSION } from "../version.ts"

/** What an agent tells about itself, besides what its parts add. */
export function createAgentMetrics(pki: NodePki, clock: Pick<Clock, "nowMs">): MetricsRegistry {
  const registry = new MetricsRegistry()
  const [, major = "", minor = ""] = /^v(\d+)\.(\d+)/.exec(KUBERNETES_VERSION) ?? []
  const build = { major, minor, git_version: `${KUBERNETES_VERSION}+gantry-${gantryVersion()}`, platform: "linux" }
  const version = "[ALPHA] A metric with a constant '1' value labeled by the version that this is."
  registry.gaugesFrom("kubernetes_build_info", version, () => [[build, 1]])
  const ttl = (name: string, which: string, file: string) =>
    registry.gaugeFrom(name, `[ALPHA] Seconds until the Kubelet's ${which} certificate expires.`, () => {
      const { validTo } = new X509Certificate(readFileSync(file))
      return Math.round((Date.parse(validTo) - clock.nowMs()) / 1000)
    })
  ttl("kubelet_certificate_manager_client_ttl_seconds", "client", pki.client.certFile)
  ttl("kubelet_certificate_manager_server_ttl_seconds", "serving", pki.serving.certFile)
  addProcessMetrics(registry)
  return registry
}
