import { compareKeys } from "../../machinery/json/key-order.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"

/** What is served, arranged by group and version in the order in which clients should prefer them. */
export interface ServedGroup {
  readonly name: string
  /** The preferred one first. */
  readonly versions: readonly ServedVersion[]
}
export interface ServedVersion {
  readonly version: string
  /** `apps/v1`, or `v1`. */
  readonly groupVersion: string
  readonly resources: readonly AnyResource[]
}

/** Kubernetes' own order, by which clients resolve a name that several groups have. Others follow by name. */
const GROUP_ORDER = [
  "",
  "apiregistration.k8s.io",
  "apps",
  "events.k8s.io",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "autoscaling",
  "batch",
  "certificates.k8s.io",
  "networking.k8s.io",
  "policy",
  "rbac.authorization.k8s.io",
  "storage.k8s.io",
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "scheduling.k8s.io",
  "coordination.k8s.io",
  "node.k8s.io",
  "discovery.k8s.io",
  "resource.k8s.io",
  "flowcontrol.apiserver.k8s.io",
  "internal.apiserver.k8s.io",
  "storagemigration.k8s.io",
]

export function servedGroups(resources: readonly AnyResource[]): ServedGroup[] {
  return [...Map.groupBy(resources, (resource) => resource.group)]
    .toSorted(([a], [b]) => rank(a) - rank(b) || compareKeys(a, b))
    .map(([name, own]) => ({
      name,
      versions: [...Map.groupBy(own, (resource) => resource.version)]
        .toSorted(([a], [b]) => compareVersions(a, b))
        .map(([version, those]) => ({
          version,
          groupVersion: name === "" ? version : `${name}/${version}`,
          resources: those,
        })),
    }))
}

function rank(group: string): number {
  const at = GROUP_ORDER.indexOf(group)
  return at < 0 ? GROUP_ORDER.length : at
}

/** The more stable first, then the higher: v2, v1, v1beta2, v1beta1, v1alpha1; anything else last, by name. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parse(a), parse(b)]
  if (left === undefined || right === undefined) {
    return left === right ? compareKeys(a, b) : left === undefined ? 1 : -1
  }
  return right.stability - left.stability || right.major - left.major || right.minor - left.minor
}

const STABILITY = ["alpha", "beta", ""]

function parse(version: string) {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version)
  if (match === null) return undefined
  const [, major = "", word = "", minor = "0"] = match
  return { stability: STABILITY.indexOf(word), major: Number(major), minor: Number(minor) }
}
