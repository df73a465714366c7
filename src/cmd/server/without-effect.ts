import type { AdmissionPlugin } from "../../apiserver/admission/plugin.ts"

/**
 * Kinds that the API serves before anything acts on them, by group and plural name, and who is missing. Whoever writes
 * one is told, so that nobody waits in vain or feels safe without reason.
 */
const MISSING: ReadonlyMap<string, string> = new Map([
  ["networking.k8s.io/ingresses", "an ingress controller"],
  ["networking.k8s.io/ingressclasses", "an ingress controller"],
])

/** Warns about writes of kinds that have no effect yet. */
export const withoutEffect: AdmissionPlugin = {
  name: "WithoutEffect",
  validate({ resource, subresource, user, warn }) {
    const missing = MISSING.get(`${resource.group}/${resource.plural}`)
    if (missing === undefined || subresource !== "" || user.name === "system:apiserver") return
    warn(`this ${resource.kind} is stored but has no effect: ${missing} is not part of this version of Gantry`)
  },
}

/** For clusters whose pods are wired by CNI plugins: those may enforce policies, or not. */
export const policiesOfPlugins: AdmissionPlugin = {
  name: "PoliciesOfPlugins",
  validate({ resource, subresource, user, warn }) {
    const isPolicy = resource.group === "networking.k8s.io" && resource.plural === "networkpolicies"
    if (!isPolicy || subresource !== "" || user.name === "system:apiserver") return
    warn("this NetworkPolicy has an effect only if the CNI plugins of this cluster enforce it")
  },
}
