import type { APIService, APIServiceSpec } from "../../api/apiregistration/v1/api-service.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import { priorityOf } from "../served/priority.ts"

/** Which APIServices there should be for what this server answers itself: pure decisions. */

export const MANAGED_LABEL = "kube-aggregator.kubernetes.io/automanaged"

/**
 * `onstart`: looked after when the server starts, then left to people. `true`: always. The words are those of the label.
 */
export type Managed = "onstart" | "true"

export interface Wanted {
  readonly managed: Managed
  readonly spec: APIServiceSpec
  /** As soon as somebody names a server of their own, that one answers, and this server again when it is gone. */
  readonly yields?: true
}

/** By name, such as `v1.apps`. */
export type WantedServices = ReadonlyMap<string, Wanted>

export function localService(group: string, version: string, managed: Managed): readonly [string, Wanted] {
  const priority = priorityOf(group, version)
  const spec = { group, version, groupPriorityMinimum: priority.group, versionPriority: priority.version }
  return [`${version}.${group}`, { managed, spec }]
}

export interface Known {
  readonly found: APIService | undefined
  readonly wanted: Wanted | undefined
  /** Whether the APIService was there when this server started. */
  readonly wasThere: boolean
  /** Whether this server has looked after this name before. */
  readonly hasSynced: boolean
}

export type RegistrationStep =
  | { readonly do: "nothing" }
  | { readonly do: "create"; readonly wanted: Wanted }
  | { readonly do: "update"; readonly found: APIService; readonly spec: APIServiceSpec }
  | { readonly do: "delete"; readonly found: APIService }

const NOTHING: RegistrationStep = { do: "nothing" }

/**
 * What to do for one name. What people made, or took over by removing the label, is theirs.
 *
 * | found \ wanted                    | nothing     | on start    | always      |
 * | --------------------------------- | ----------- | ----------- | ----------- |
 * | nothing                           | -           | create once | create      |
 * | not managed                       | -           | -           | -           |
 * | on start, made after our start    | -           | -           | -           |
 * | on start, there before our start  | delete once | update once | update once |
 * | always                            | delete      | update once | update      |
 */
export function planRegistration({ found, wanted, wasThere, hasSynced }: Known): RegistrationStep {
  if (wanted?.managed === "onstart" && hasSynced) return NOTHING
  if (wanted?.yields && found?.spec.service !== undefined) return NOTHING
  if (found === undefined) return wanted === undefined ? NOTHING : { do: "create", wanted }
  const managed = found.metadata.labels?.[MANAGED_LABEL]
  if (managed !== "onstart" && managed !== "true") return NOTHING
  if (managed === "onstart" && (!wasThere || hasSynced)) return NOTHING
  if (wanted === undefined) return { do: "delete", found }
  return deepEqual(found.spec, wanted.spec) ? NOTHING : { do: "update", found, spec: wanted.spec }
}
