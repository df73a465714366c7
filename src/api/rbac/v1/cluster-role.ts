import { list, message } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import { AggregationRule, PolicyRule, rbacName } from "./types.ts"
import { validateAggregation, validateRules } from "./validation/rules.ts"

/** TODO(doc) */
export const ClusterRole = defineResource({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRole",
  plural: "clusterroles",
  namespaced: false,
  doc: "",
  definition: "io.k8s.api.rbac.v1.ClusterRole",
  strategy: {
    nameFormat: rbacName,
    createOnUpdate: true,
    unconditionalUpdate: true,
    validate: ({ rules, aggregationRule }) => [...validateRules(rules, false), ...validateAggregation(aggregationRule)],
  },
  fields: {
    rules: list(2, PolicyRule, { doc: "", always: true, listType: "atomic" }),
    aggregationRule: message(3, AggregationRule, { doc: "" }),
  },
})
export type ClusterRole = ObjectOf<typeof ClusterRole>
