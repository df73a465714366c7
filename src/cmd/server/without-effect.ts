import type { AdmissionPlugin } from "../../apiserver/admission/plugin.ts"

/**
 * Kinds that the API serves before anything acts on them, by group and plural name, and who is missing. Whoever writes
 * one is told, so that nobody waits in vain or feels safe without reason.
 */
const MISSING: ReadonlyMap<string, string> = new Map([
  ["networking.k8s.io/ingresses", "an ingress controller"],
  ["networking.k8s.io/ingressclasses", "an ingress controller"],
])

/** Kinds of which the cluster does its part, and who is missing on its nodes. */
const MISSING_ON_NODES: ReadonlyMap<string, string> = new Map([
  ["resource.k8s.io/resourceclaims", "the plug for DRA drivers"],
  ["resource.k8s.io/resourceclaimtemplates", "the plug for DRA drivers"],
])

/** Warns about writes of kinds that have no effect yet. */
export const withoutEffect: AdmissionPlugin = {
  name: "WithoutEffect",
  validate({ resource, subresource, user, warn }) {
    const name = `${resource.group}/${resource.plural}`
    if (subresource !== "" || user.name.startsWith("system:")) return
    const missing = MISSING.get(name)
    if (missing !== undefined) {
      warn(`this ${resource.kind} is stored but has no effect: ${missing} is not part of this version of Gantry`)
    }
    const onNodes = MISSING_ON_NODES.get(name)
    if (onNodes === undefined) return
    warn(
      `devices are allocated for this ${resource.kind}, but not handed to containers: ${onNodes} is not part of this version of Gantry's nodes`,
    )
  },
}
