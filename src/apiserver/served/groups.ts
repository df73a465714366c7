import { compareKeys } from "../../machinery/json/key-order.ts"
import type { ServedGroupVersion } from "./served-resources.ts"

/** What is served, arranged by group and version in the order in which clients should prefer them. */
export interface ServedGroup {
  readonly name: string
  /** The preferred one first. */
  readonly versions: readonly ServedGroupVersion[]
}

export function servedGroups(all: readonly ServedGroupVersion[]): ServedGroup[] {
  const groups = [...Map.groupBy(all, ({ group }) => group)].map(([name, versions]) => ({
    name,
    priority: Math.max(...versions.map(({ priority }) => priority.group)),
    versions: versions.toSorted(
      (a, b) => b.priority.version - a.priority.version || compareVersions(a.version, b.version),
    ),
  }))
  return groups.toSorted((a, b) => b.priority - a.priority || compareKeys(a.name, b.name))
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
