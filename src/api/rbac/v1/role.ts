import { list } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import { PolicyRule, rbacName } from "./types.ts"
import { validateRules } from "./validation/rules.ts"

/**
 * Actions that are allowed in one namespace, for whoever is bound to the role.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#role-and-clusterrole
 */
export const Role = defineResource({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "Role",
  plural: "roles",
  doc: "Actions that are allowed in one namespace, for whoever is bound to the role.",
  definition: "io.k8s.api.rbac.v1.Role",
  strategy: {
    nameFormat: rbacName,
    createOnUpdate: true,
    unconditionalUpdate: true,
    validate: ({ rules }) => validateRules(rules, true),
  },
  fields: {
    rules: list(2, PolicyRule, {
      doc: "The actions that are allowed. Nothing can be forbidden.",
      always: true,
      listType: "atomic",
    }),
  },
})
export type Role = ObjectOf<typeof Role>
