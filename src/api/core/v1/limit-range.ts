import { emptyMap } from "../../../machinery/patch/structure.ts"
import { list, map, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { Draft, TypeOf } from "../../../machinery/schema/schema.ts"
import { validateLimitRange } from "./validation/limit-range.ts"

interface Limits {
  readonly type: string
  readonly max?: Readonly<Record<string, string>>
  readonly min?: Readonly<Record<string, string>>
  readonly default?: Readonly<Record<string, string>>
  readonly defaultRequest?: Readonly<Record<string, string>>
}

/** Containers may use the most that is allowed, and get all of it, or else the least. */
function defaultLimits(limits: Draft<Limits>): void {
  if (limits.type !== "Container") return
  const limit = { ...limits.max, ...limits.default }
  const request = { ...limits.min, ...limit, ...limits.defaultRequest }
  if (Object.keys(limit).length > 0) limits.default = Object.assign(emptyMap<string>(), limit)
  if (Object.keys(request).length > 0) limits.defaultRequest = Object.assign(emptyMap<string>(), request)
}

export const LimitRangeItem = struct(
  "io.k8s.api.core.v1.LimitRangeItem",
  {
    type: string(1, { doc: "What they are for: Container, Pod or PersistentVolumeClaim.", required: true }),
    max: map(2, "quantity", { doc: "The most of each resource that one may have." }),
    min: map(3, "quantity", { doc: "The least of each resource that one must have." }),
    default: map(4, "quantity", { doc: "The limit of a container that sets none." }),
    defaultRequest: map(5, "quantity", { doc: "The request of a container that sets none. Default: its limit." }),
    maxLimitRequestRatio: map(6, "quantity", { doc: "How many times its request a limit may be at most." }),
  },
  { doc: "Bounds and defaults for one type of object.", defaults: defaultLimits },
)
export type LimitRangeItem = TypeOf<typeof LimitRangeItem>

export const LimitRangeSpec = struct(
  "io.k8s.api.core.v1.LimitRangeSpec",
  {
    limits: list(1, LimitRangeItem, {
      doc: "The bounds and defaults, by type of object.",
      required: true,
      listType: "atomic",
    }),
  },
  { doc: "Bounds and defaults for a namespace." },
)
export type LimitRangeSpec = TypeOf<typeof LimitRangeSpec>

/**
 * Bounds and defaults for the resources of each pod, container or claim in a namespace.
 * https://kubernetes.io/docs/concepts/policy/limit-range/
 */
export const LimitRange = defineResource({
  group: "",
  version: "v1",
  kind: "LimitRange",
  plural: "limitranges",
  shortNames: ["limits"],
  doc: "Bounds and defaults for the resources of each pod, container or claim in a namespace. Only new objects are checked.",
  definition: "io.k8s.api.core.v1.LimitRange",
  strategy: { createOnUpdate: true, unconditionalUpdate: true, validate: validateLimitRange },
  fields: {
    spec: message(2, LimitRangeSpec, { doc: "The bounds and defaults.", always: true }),
  },
})
export type LimitRange = ObjectOf<typeof LimitRange>
