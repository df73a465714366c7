import { forbidden } from "../../../machinery/field/error.ts"
import { FieldPath } from "../../../machinery/field/path.ts"
import type { ObjectMeta } from "../../../machinery/meta/object-meta.ts"
import { bool, int32, string } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import { age } from "../../columns.ts"
import { type Errors, requiredOneOf } from "../../core/v1/validation/rules.ts"

/** Beyond this are the classes of the cluster's own parts. */
const USER_PRIORITY_MAX = 1_000_000_000
const SYSTEM_PREFIX = "system-"
const SYSTEM_CLASSES = new Map([
  ["system-node-critical", 2_000_001_000],
  ["system-cluster-critical", 2_000_000_000],
])

interface Priority {
  readonly metadata: ObjectMeta
  readonly value: number
  readonly globalDefault?: boolean
}

function validateValue({ metadata, value, globalDefault = false }: Priority): Errors {
  const { name = "" } = metadata
  if (!name.startsWith(SYSTEM_PREFIX)) {
    if (value <= USER_PRIORITY_MAX) return []
    const why = `maximum allowed value of a user defined priority is ${USER_PRIORITY_MAX}`
    return [forbidden(FieldPath.root("value"), why)]
  }
  const known = SYSTEM_CLASSES.get(name)
  const problem =
    known === undefined
      ? `${name} is not a known system priority class`
      : known !== value
        ? `value of ${name} PriorityClass must be ${known}`
        : globalDefault
          ? `globalDefault of ${name} PriorityClass must be false`
          : undefined
  if (problem === undefined) return []
  const why = `priority class names with '${SYSTEM_PREFIX}' prefix are reserved for system use only. error: ${problem}`
  return [forbidden(FieldPath.root("metadata", "name"), why)]
}

/**
 * A name for how important pods are, compared with others.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
 */
export const PriorityClass = defineResource({
  group: "scheduling.k8s.io",
  version: "v1",
  kind: "PriorityClass",
  plural: "priorityclasses",
  shortNames: ["pc"],
  namespaced: false,
  doc: "A name for how important pods are, compared with others.",
  definition: "io.k8s.api.scheduling.v1.PriorityClass",
  columns: [
    { name: "Value", type: "integer", doc: "The priority; higher comes first.", value: ({ value }) => value },
    {
      name: "Global-Default",
      type: "boolean",
      doc: "Whether pods without a class get this one.",
      value: ({ globalDefault = false }) => globalDefault,
    },
    age,
    {
      name: "PreemptionPolicy",
      type: "string",
      doc: "Whether its pods may displace others.",
      value: ({ preemptionPolicy }) => preemptionPolicy,
    },
  ],
  strategy: {
    generation: true,
    unconditionalUpdate: true,
    validate: (priority) => [
      ...validateValue(priority),
      ...requiredOneOf(
        priority.preemptionPolicy,
        ["PreemptLowerPriority", "Never"],
        FieldPath.root("preemptionPolicy"),
      ),
    ],
    validateUpdate: ({ value }, old) =>
      value === old.value ? [] : [forbidden(FieldPath.root("value"), "may not be changed in an update.")],
  },
  fields: {
    value: int32(2, {
      doc: "The priority that pods get, at most 1000000000; higher is more important. It cannot be changed.",
      always: true,
    }),
    globalDefault: bool(3, {
      doc: "Whether pods that name no class get this one; only one class can say so. Default false.",
    }),
    description: string(4, { doc: "When to use this class, in words for people." }),
    preemptionPolicy: string(5, {
      doc: "Whether pods of this class may displace others: PreemptLowerPriority (the default) or Never, which only puts them ahead in the queue.",
      immutable: true,
      default: "PreemptLowerPriority",
      pointer: true,
    }),
  },
})
export type PriorityClass = ObjectOf<typeof PriorityClass>
