import { claimedVolume } from "../../api/core/v1/claimed-volumes.ts"
import { isMirrorPod } from "../../api/core/v1/mirror-pod.ts"
import type { Pod } from "../../api/core/v1/pod.ts"

/** The names of what a pod uses, all in its own namespace unless said otherwise. */
export interface PodReferences {
  readonly secrets: ReadonlySet<string>
  readonly configMaps: ReadonlySet<string>
  readonly claims: ReadonlySet<string>
  /** ResourceClaims, those made for the pod too. */
  readonly deviceClaims: ReadonlySet<string>
}

const NONE: PodReferences = { secrets: new Set(), configMaps: new Set(), claims: new Set(), deviceClaims: new Set() }
const known = new WeakMap<Pod, PodReferences>()

export function podReferences(pod: Pod): PodReferences {
  // The node wrote a mirror pod itself, so its wishes give no rights.
  if (isMirrorPod(pod)) return NONE
  let references = known.get(pod)
  if (references === undefined) known.set(pod, (references = collect(pod)))
  return references
}

function collect(pod: Pod): PodReferences {
  const { spec, status } = pod
  const deviceClaims = new Set<string>()
  const found = { secrets: new Set<string>(), configMaps: new Set<string>(), claims: new Set<string>(), deviceClaims }
  for (const { name } of spec.imagePullSecrets ?? []) if (name) found.secrets.add(name)
  const containers = [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])]
  for (const { env = [], envFrom = [] } of containers) visit([env, envFrom], found)
  for (const volume of spec.volumes ?? []) {
    visit(volume, found)
    const claimed = claimedVolume(pod, volume)
    if (claimed !== undefined) found.claims.add(claimed.claimName)
  }
  for (const { resourceClaimName } of [...(spec.resourceClaims ?? []), ...(status.resourceClaimStatuses ?? [])]) {
    if (resourceClaimName) deviceClaims.add(resourceClaimName)
  }
  const extended = status.extendedResourceClaimStatus?.resourceClaimName
  if (extended) deviceClaims.add(extended)
  return found
}

/** Every kind of volume and source names secrets and config maps by members of the same few names. */
function visit(value: unknown, found: { readonly secrets: Set<string>; readonly configMaps: Set<string> }): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, found)
    return
  }
  if (typeof value !== "object" || value === null) return
  for (const [member, child] of Object.entries(value)) {
    switch (member) {
      case "secretName":
        if (typeof child === "string" && child !== "") found.secrets.add(child)
        break
      case "secretRef":
      case "secretKeyRef":
      case "nodePublishSecretRef":
        add(found.secrets, child)
        break
      case "configMap":
      case "configMapRef":
      case "configMapKeyRef":
        add(found.configMaps, child)
        break
      case "secret":
        // A projection names the secret by `name`, a volume by `secretName`.
        add(found.secrets, child)
        visit(child, found)
        break
      default:
        visit(child, found)
    }
  }
}

function add(names: Set<string>, reference: unknown): void {
  if (typeof reference !== "object" || reference === null || !("name" in reference)) return
  const { name } = reference
  if (typeof name === "string" && name !== "") names.add(name)
}
