import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const ParamKind = struct(
  "io.k8s.api.admissionregistration.v1.ParamKind",
  {
    apiVersion: string(1, { doc: "" }),
    kind: string(2, { doc: "" }),
  },
  { mapType: "atomic" },
)
export type ParamKind = TypeOf<typeof ParamKind>

export const ParamRef = struct(
  "io.k8s.api.admissionregistration.v1.ParamRef",
  {
    name: string(1, { doc: "" }),
    namespace: string(2, { doc: "" }),
    selector: message(3, LabelSelector, { doc: "" }),
    parameterNotFoundAction: string(4, { doc: "", pointer: true }),
  },
  { mapType: "atomic" },
)
export type ParamRef = TypeOf<typeof ParamRef>

export const Variable = struct(
  "io.k8s.api.admissionregistration.v1.Variable",
  {
    name: string(1, { doc: "", required: true }),
    expression: string(2, { doc: "", required: true }),
  },
  { mapType: "atomic" },
)
export type Variable = TypeOf<typeof Variable>
