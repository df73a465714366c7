import type { CallHandler } from "../../apiserver/call.ts"
import type { Decision, DecisionLog } from "../../controllers/decisions.ts"
import { methodNotSupported } from "../../machinery/status/errors.ts"
import { microTimeFromMs } from "../../machinery/time/timestamp.ts"

/**
 * Tells what the controllers of this server did about an object, or for it, and why:
 * `?namespace=default&name=web&resource=deployments.apps`, each of which may be left out. RBAC treats it as any path of
 * no resource.
 */
export const DECISIONS_PATH = "/gantry/decisions"

export function createDecisionsHandler(log: () => DecisionLog | undefined): CallHandler {
  return async ({ info: { verb }, query }) => {
    if (verb !== "get") throw methodNotSupported({ group: "", resource: "decisions" }, verb)
    const value = (name: string) => query.get(name) || undefined
    const [namespace, name, resource] = [value("namespace"), value("name"), value("resource")]
    const filter = { ...(namespace && { namespace }), ...(name && { name }), ...(resource && { resource }) }
    const decisions = log()?.about(filter) ?? []
    return { type: "value", code: 200, value: { decisions: decisions.map(told) } }
  }
}

const told = ({ firstMs, lastMs, ...decision }: Decision) => ({
  ...decision,
  firstTime: microTimeFromMs(firstMs),
  lastTime: microTimeFromMs(lastMs),
})
