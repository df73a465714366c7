import { invalid } from "../../../machinery/field/error.ts"
import { FieldPath } from "../../../machinery/field/path.ts"
import type { ObjectMeta } from "../../../machinery/meta/object-meta.ts"
import { dns1123Label } from "../../../machinery/names/dns.ts"
import { list, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { Draft, TypeOf } from "../../../machinery/schema/schema.ts"
import { age } from "../../columns.ts"
import { type Errors, qualified } from "./validation/rules.ts"

export const NamespaceSpec = struct(
  "io.k8s.api.core.v1.NamespaceSpec",
  {
    finalizers: list(1, "string", {
      doc: "Who must clean up before the namespace may go. The entry kubernetes stands for the deletion of everything inside.",
      listType: "atomic",
    }),
  },
  { doc: "What must happen before a namespace is gone." },
)
export type NamespaceSpec = TypeOf<typeof NamespaceSpec>

export const NamespaceCondition = struct(
  "io.k8s.api.core.v1.NamespaceCondition",
  {
    type: string(1, {
      doc: "The aspect, such as NamespaceContentRemaining or NamespaceDeletionContentFailure.",
      required: true,
    }),
    status: string(2, { doc: "Whether the condition holds: True, False or Unknown.", required: true }),
    lastTransitionTime: time(4, { doc: "When the status last changed." }),
    reason: string(5, { doc: "Why the condition has this status, as one CamelCase word for programs." }),
    message: string(6, { doc: "Why the condition has this status, in words for people." }),
  },
  { doc: "What keeps a namespace from being gone." },
)
export type NamespaceCondition = TypeOf<typeof NamespaceCondition>

export const NamespaceStatus = struct(
  "io.k8s.api.core.v1.NamespaceStatus",
  {
    phase: string(1, {
      doc: "Active, or Terminating while it is being deleted; nothing can be created in it then.",
      default: "Active",
    }),
    conditions: list(2, NamespaceCondition, {
      doc: "What keeps the namespace from being gone; empty as long as it is not deleted.",
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
    }),
  },
  { doc: "Where a namespace is in its life." },
)
export type NamespaceStatus = TypeOf<typeof NamespaceStatus>

const FINALIZER = "kubernetes"
const NAME_LABEL = "kubernetes.io/metadata.name"

/** Selectors can pick a namespace by this label. A name that is yet to be generated is labelled later. */
function labelWithName(metadata: Draft<ObjectMeta>): void {
  if (!metadata.name) return
  metadata.labels ??= Object.create(null) as Record<string, string>
  metadata.labels[NAME_LABEL] = metadata.name
}

const STANDARD_FINALIZERS = new Set([FINALIZER, "foregroundDeletion", "orphan"])

/** What holds a namespace back: Kubernetes' own names, or names with a domain. */
export function validateFinalizer(name: string, path: FieldPath): Errors {
  const problems = qualified(name, path)
  if (problems.length > 0 || name.includes("/") || STANDARD_FINALIZERS.has(name)) return problems
  return [invalid(path, name, "name is neither a standard finalizer name nor is it fully qualified")]
}

function validatePhase({ deletionTimestamp }: ObjectMeta, phase: string): Errors {
  const at = FieldPath.root("status", "Phase")
  if (deletionTimestamp === undefined) {
    if (phase === "Active") return []
    return [invalid(at, phase, "may only be 'Active' if `deletionTimestamp` is empty")]
  }
  if (phase === "Terminating") return []
  return [invalid(at, phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")]
}

/**
 * A space of its own for names and permissions.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/
 */
export const Namespace = defineResource({
  group: "",
  version: "v1",
  kind: "Namespace",
  plural: "namespaces",
  shortNames: ["ns"],
  namespaced: false,
  verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  subresources: {
    finalize: { verbs: ["update"], resets: ["status"] },
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "A space of its own for names and permissions. Deleting it deletes everything inside.",
  definition: "io.k8s.api.core.v1.Namespace",
  columns: [
    {
      name: "Status",
      type: "string",
      doc: "Whether it is in use or being deleted.",
      value: ({ status }) => status.phase,
    },
    age,
  ],
  selectableFields: { "status.phase": ({ status }) => status.phase, name: ({ metadata }) => metadata.name },
  defaults: ({ metadata }) => labelWithName(metadata),
  strategy: {
    nameFormat: { name: "dns1123Label", check: dns1123Label },
    unconditionalUpdate: true,
    returnsDeleted: true,
    validate: ({ spec }) =>
      (spec.finalizers ?? []).flatMap((name) => validateFinalizer(name, FieldPath.root("spec", "finalizers"))),
    validateStatusUpdate: ({ metadata, status }) => validatePhase(metadata, status.phase),
    prepareCreate: ({ metadata, spec }) => {
      labelWithName(metadata)
      const finalizers = (spec.finalizers ??= [])
      if (!finalizers.includes(FINALIZER)) finalizers.push(FINALIZER)
    },
    prepareUpdate: ({ metadata, spec }, old) => {
      labelWithName(metadata)
      // Only the finalize subresource changes them.
      if (old.spec.finalizers === undefined) delete spec.finalizers
      else spec.finalizers = [...old.spec.finalizers]
    },
  },
  fields: {
    spec: message(2, NamespaceSpec, { doc: "What must happen before the namespace is gone.", always: true }),
    status: message(3, NamespaceStatus, {
      doc: "Where the namespace is in its life. Read only for users.",
      always: true,
    }),
  },
})
export type Namespace = ObjectOf<typeof Namespace>
