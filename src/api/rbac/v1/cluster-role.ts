import { list, message } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import { AggregationRule, PolicyRule, rbacName } from "./types.ts"
import { validateAggregation, validateRules } from "./validation/rules.ts"

/**
 * Actions that are allowed in the whole cluster, or in a namespace when a RoleBinding refers to it.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#role-and-clusterrole
 */
export const ClusterRole = defineResource({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRole",
  plural: "clusterroles",
  namespaced: false,
  doc: "Actions that are allowed in the whole cluster, or in a namespace when a RoleBinding refers to it.",
  definition: "io.k8s.api.rbac.v1.ClusterRole",
  strategy: {
    nameFormat: rbacName,
    createOnUpdate: true,
    unconditionalUpdate: true,
    validate: ({ rules, aggregationRule }) => [...validateRules(rules, false), ...validateAggregation(aggregationRule)],
  },
  fields: {
    rules: list(2, PolicyRule, {
      doc: "The actions that are allowed. Nothing can be forbidden. With aggregationRule they are overwritten.",
      always: true,
      listType: "atomic",
    }),
    aggregationRule: message(3, AggregationRule, { doc: "Puts the rules together from those of other cluster roles." }),
  },
})
export type ClusterRole = ObjectOf<typeof ClusterRole>
