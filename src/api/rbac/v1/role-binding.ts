import { list, message } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import { bindingColumns } from "./binding-columns.ts"
import { RoleRef, rbacName, Subject } from "./types.ts"
import { validateBinding, validateBindingUpdate } from "./validation/rules.ts"

/** TODO(doc) */
export const RoleBinding = defineResource({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "RoleBinding",
  plural: "rolebindings",
  doc: "",
  definition: "io.k8s.api.rbac.v1.RoleBinding",
  columns: bindingColumns,
  strategy: {
    nameFormat: rbacName,
    createOnUpdate: true,
    unconditionalUpdate: true,
    validate: (binding) => validateBinding(binding, true),
    validateUpdate: validateBindingUpdate,
  },
  fields: {
    subjects: list(2, Subject, { doc: "", listType: "atomic" }),
    roleRef: message(3, RoleRef, { doc: "", required: true }),
  },
})
export type RoleBinding = ObjectOf<typeof RoleBinding>
