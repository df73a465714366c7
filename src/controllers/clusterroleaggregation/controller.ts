import { ClusterRole } from "../../api/rbac/v1/cluster-role.ts"
import { keyOf } from "../../client/informer.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import { defineController } from "../define-controller.ts"
import { missingRules } from "./plan.ts"

const NAME = "clusterrole-aggregation-controller"

/**
 * Keeps the rules of roles that are made of others in step with them.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
 */
export const clusterRoleAggregationController = defineController({
  name: NAME,
  reads: [ClusterRole],
  writes: [{ resource: ClusterRole, verbs: ["patch", "update"] }],
  start(context) {
    const roles = context.informer(ClusterRole)
    const aggregated = () => roles.list().filter(({ aggregationRule }) => aggregationRule !== undefined)
    context.enqueueOn(ClusterRole, () => aggregated().map(keyOf))
    return async (name) => {
      const role = roles.get(name)
      const rules = role === undefined ? undefined : missingRules(role, roles.list())
      if (rules === undefined) return
      const { apiVersion, kind } = ClusterRole
      try {
        // Its rules belong to this controller, whoever wrote them.
        const applied = { apiVersion, kind, metadata: { name }, rules }
        await context.client
          .of(ClusterRole)
          .patch({ name }, applied, { type: "apply", fieldManager: NAME, force: true })
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
    }
  },
})
