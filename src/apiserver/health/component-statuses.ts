import { ComponentStatus } from "../../api/core/v1/component-status.ts"
import { decodeValue } from "../../machinery/decode/decode.ts"
import type { KubeObject } from "../../machinery/schema/resource.ts"
import { parseFieldSelector } from "../../machinery/selectors/field-selector.ts"
import { parseLabelSelector } from "../../machinery/selectors/parse-label-selector.ts"
import { SelectorError } from "../../machinery/selectors/requirement.ts"
import { badRequest, notFound } from "../../machinery/status/errors.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { ApiCall, CallHandler, ServedObject } from "../call.ts"
import { notAllowed } from "../resources/scope.ts"
import type { HealthCheck } from "./health.ts"

/** Answers `componentstatuses`: nothing is stored, the parts of the control plane are asked each time. */
export function createComponentStatuses(components: readonly HealthCheck[]): CallHandler {
  return async (call) => {
    const { name, verb } = call.info
    if (verb !== "get" && verb !== "list") return notAllowed()
    if (ComponentStatus.deprecated !== undefined) call.warn(ComponentStatus.deprecated)
    if (verb === "list") {
      const all = await Promise.all(components.map(statusOf))
      const items = all.filter(selectorOf(call)).map(served)
      return { type: "list", resource: ComponentStatus, items, metadata: { resourceVersion: "" } }
    }
    const component = components.find((one) => one.name === name)
    if (component === undefined) throw notFound({ group: "", resource: "componentstatus" }, name)
    return { type: "object", code: 200, resource: ComponentStatus, served: served(await statusOf(component)) }
  }
}

async function statusOf({ name, check }: HealthCheck): Promise<KubeObject> {
  const { apiVersion, kind } = ComponentStatus
  const condition = await Promise.try(check).then(
    (well) => (well ? { status: "True", message: "ok" } : { status: "False", message: "not healthy" }),
    (error: unknown) => ({ status: "Unknown", error: messageOf(error) }),
  )
  const conditions = [{ type: "Healthy", ...condition }]
  return decodeValue(ComponentStatus.struct, { apiVersion, kind, metadata: { name }, conditions }) as KubeObject
}

function served(object: KubeObject): ServedObject {
  return { object, json: () => Buffer.from(JSON.stringify(object)) }
}

/** Components have no labels, and only their name can be selected. */
function selectorOf({ query }: ApiCall): (object: KubeObject) => boolean {
  try {
    const labels = parseLabelSelector(query.get("labelSelector") ?? "")
    const fields = parseFieldSelector(query.get("fieldSelector") ?? "")
    return ({ metadata }) => labels.matches(undefined) && fields.matches({ "metadata.name": metadata.name })
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message)
    throw error
  }
}
