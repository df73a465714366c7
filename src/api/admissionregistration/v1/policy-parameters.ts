import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const ParamKind = struct(
  "io.k8s.api.admissionregistration.v1.ParamKind",
  {
    apiVersion: string(1, { doc: "The API version of the kind, such as example.com/v1." }),
    kind: string(2, { doc: "The kind of the object, such as ReplicaLimit." }),
  },
  { doc: "The kind of object that a policy takes parameters from.", mapType: "atomic" },
)
export type ParamKind = TypeOf<typeof ParamKind>

export const ParamRef = struct(
  "io.k8s.api.admissionregistration.v1.ParamRef",
  {
    name: string(1, { doc: "The name of the object." }),
    namespace: string(2, {
      doc: "The namespace of the object. Default, if the kind has namespaces: that of the request.",
    }),
    selector: message(3, LabelSelector, {
      doc: "Labels of the objects; the policy is evaluated once for each of them.",
    }),
    parameterNotFoundAction: string(4, {
      doc: "What happens when there is no such object: Allow, or Deny, which then leads to failurePolicy.",
      pointer: true,
    }),
  },
  { doc: "The objects with parameters for a policy. Either name or selector is set.", mapType: "atomic" },
)
export type ParamRef = TypeOf<typeof ParamRef>

export const Variable = struct(
  "io.k8s.api.admissionregistration.v1.Variable",
  {
    name: string(1, { doc: "The name; expressions further down see it as variables.<name>.", required: true }),
    expression: string(2, { doc: "The CEL expression. It is evaluated when it is first used.", required: true }),
  },
  { doc: "An expression that others can use by name.", mapType: "atomic" },
)
export type Variable = TypeOf<typeof Variable>
