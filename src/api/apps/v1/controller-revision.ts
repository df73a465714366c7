import { required } from "../../../machinery/field/error.ts"
import { FieldPath } from "../../../machinery/field/path.ts"
import type { ObjectMeta } from "../../../machinery/meta/object-meta.ts"
import { isObject } from "../../../machinery/patch/structure.ts"
import { int64, rawExtension } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import { age } from "../../columns.ts"
import { notNegative } from "../../core/v1/validation/rules.ts"

function controllerCell({ metadata }: { readonly metadata: ObjectMeta }): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller)
  if (owner === undefined) return "<none>"
  const slash = owner.apiVersion.indexOf("/")
  const group = slash < 0 ? "" : `.${owner.apiVersion.slice(0, slash)}`
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`
}

/**
 * A stored earlier state of a controller's template, which DaemonSets and StatefulSets go back to when they are rolled back.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies
 */
export const ControllerRevision = defineResource({
  group: "apps",
  version: "v1",
  kind: "ControllerRevision",
  plural: "controllerrevisions",
  doc: "A stored earlier state of a controller's template, which DaemonSets and StatefulSets go back to when they are rolled back.",
  definition: "io.k8s.api.apps.v1.ControllerRevision",
  columns: [
    { name: "Controller", type: "string", doc: "What it is a revision of.", value: controllerCell },
    { name: "Revision", type: "string", doc: "The number of the revision.", value: ({ revision }) => revision },
    age,
  ],
  strategy: {
    unconditionalUpdate: true,
    validate: ({ revision }) => notNegative(revision, FieldPath.root("revision")),
    validateCreate: ({ data }) => {
      if (data === undefined || data === null) return [required("data", "data is mandatory")]
      return isObject(data) ? [] : [required("data", "data must be a valid JSON object")]
    },
  },
  fields: {
    data: rawExtension(2, {
      doc: "The state itself, a JSON object that only the controller that wrote it understands. It cannot be changed.",
      immutable: true,
    }),
    revision: int64(3, {
      doc: "The place of this state in the history; the highest number is the newest.",
      required: true,
    }),
  },
})
export type ControllerRevision = ObjectOf<typeof ControllerRevision>
