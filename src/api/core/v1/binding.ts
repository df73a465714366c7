import { notSupported, required } from "../../../machinery/field/error.ts"
import { message } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import { ObjectReference } from "./references.ts"

/** Puts a pod on a node. https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/ */
export const Binding = defineResource({
  group: "",
  version: "v1",
  kind: "Binding",
  plural: "bindings",
  verbs: ["create"],
  doc: "Puts a pod on a node. Schedulers post it to the pod's binding subresource.",
  definition: "io.k8s.api.core.v1.Binding",
  strategy: {
    validate: ({ target }) => [
      ...(target.kind && target.kind !== "Node" ? [notSupported("target.kind", target.kind, ["Node", "<empty>"])] : []),
      ...(target.name ? [] : [required("target.name")]),
    ],
  },
  fields: {
    target: message(2, ObjectReference, { doc: "The node that the pod is put on.", required: true }),
  },
})
export type Binding = ObjectOf<typeof Binding>
