import { message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { age, nameOrDefault } from "../../columns.ts"
import { validateIngressClass, validateIngressClassUpdate } from "./validation/ingress-class.ts"

export const DEFAULT_INGRESS_CLASS_ANNOTATION = "ingressclass.kubernetes.io/is-default-class"

export const IngressClassParametersReference = struct(
  "io.k8s.api.networking.v1.IngressClassParametersReference",
  {
    apiGroup: string(1, { doc: "The API group of the object; absent for the core group.", pointer: true }),
    kind: string(2, { doc: "The kind of the object.", required: true }),
    name: string(3, { doc: "The name of the object.", required: true }),
    scope: string(4, {
      doc: "Whether the object is in a namespace: Namespace or Cluster. Default Cluster.",
      default: "Cluster",
      pointer: true,
    }),
    namespace: string(5, {
      doc: "The namespace of the object. Needed with scope Namespace, and only allowed there.",
      pointer: true,
    }),
  },
  { doc: "An object with settings for a controller." },
)
export type IngressClassParametersReference = TypeOf<typeof IngressClassParametersReference>

export const IngressClassSpec = struct(
  "io.k8s.api.networking.v1.IngressClassSpec",
  {
    controller: string(1, {
      doc: "The name of the controller, such as example.com/ingress-controller; at most 250 characters. It cannot be changed.",
    }),
    parameters: message(2, IngressClassParametersReference, { doc: "An object with settings for the controller." }),
  },
  { doc: "Which controller serves a class." },
)
export type IngressClassSpec = TypeOf<typeof IngressClassSpec>

/**
 * A kind of ingress, served by one controller.
 * https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-class
 */
export const IngressClass = defineResource({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IngressClass",
  plural: "ingressclasses",
  namespaced: false,
  doc: "A kind of ingress, served by one controller. The annotation ingressclass.kubernetes.io/is-default-class marks the default.",
  definition: "io.k8s.api.networking.v1.IngressClass",
  columns: [
    nameOrDefault([DEFAULT_INGRESS_CLASS_ANNOTATION]),
    {
      name: "Controller",
      type: "string",
      doc: "The controller that serves the class.",
      value: ({ spec }) => spec.controller ?? "",
    },
    {
      name: "Parameters",
      type: "string",
      doc: "An object with settings for the controller.",
      value: ({ spec: { parameters } }) => {
        if (parameters === undefined) return "<none>"
        const { apiGroup, kind, name } = parameters
        return `${kind}${apiGroup === undefined ? "" : `.${apiGroup}`}/${name}`
      },
    },
    age,
  ],
  strategy: {
    generation: true,
    unconditionalUpdate: true,
    validate: validateIngressClass,
    validateUpdate: validateIngressClassUpdate,
  },
  fields: {
    spec: message(2, IngressClassSpec, { doc: "Which controller serves the class.", always: true }),
  },
})
export type IngressClass = ObjectOf<typeof IngressClass>
