import { list, message } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import { bindingColumns } from "./binding-columns.ts"
import { RoleRef, rbacName, Subject } from "./types.ts"
import { validateBinding, validateBindingUpdate } from "./validation/rules.ts"

/**
 * Gives users, groups and service accounts a cluster role in the whole cluster.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#rolebinding-and-clusterrolebinding
 */
export const ClusterRoleBinding = defineResource({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRoleBinding",
  plural: "clusterrolebindings",
  namespaced: false,
  doc: "Gives users, groups and service accounts a cluster role in the whole cluster.",
  definition: "io.k8s.api.rbac.v1.ClusterRoleBinding",
  columns: bindingColumns,
  strategy: {
    nameFormat: rbacName,
    createOnUpdate: true,
    unconditionalUpdate: true,
    validate: (binding) => validateBinding(binding, false),
    validateUpdate: validateBindingUpdate,
  },
  fields: {
    subjects: list(2, Subject, { doc: "Who gets the role.", listType: "atomic" }),
    roleRef: message(3, RoleRef, {
      doc: "The cluster role. It cannot be changed; delete the binding and make a new one.",
      required: true,
    }),
  },
})
export type ClusterRoleBinding = ObjectOf<typeof ClusterRoleBinding>
