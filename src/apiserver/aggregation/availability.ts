import type { APIService, APIServiceCondition } from "../../api/apiregistration/v1/api-service.ts"
import type { Service } from "../../api/core/v1/service.ts"
import type { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"
import { quote } from "../../machinery/field/quote.ts"

/** Whether an APIService can be used: the decisions, with Kubernetes' reasons and messages. */

export type Finding = Pick<APIServiceCondition, "status"> & { readonly reason: string; readonly message: string }

export const LOCAL: Finding = {
  status: "True",
  reason: "Local",
  message: "Local APIServices are always available",
}
export const PASSED: Finding = { status: "True", reason: "Passed", message: "all checks passed" }
export const failedDiscovery = (message: string): Finding => missing("FailedDiscoveryCheck", message)

const missing = (reason: string, message: string): Finding => ({ status: "False", reason, message })

/** What is wrong with the service behind an APIService; undefined when its server has to be asked. */
export function findServiceProblem(
  { spec }: Pick<APIService, "spec">,
  service: Service | undefined,
  slices: readonly EndpointSlice[],
): Finding | undefined {
  const { namespace = "", name = "", port = 443 } = spec.service ?? {}
  const at = `service/${name} in ${quote(namespace)}`
  if (service === undefined) return missing("ServiceNotFound", `${at} is not present`)
  // Of other types nobody knows here who stands behind them.
  if (service.spec.type !== "ClusterIP") return undefined
  const found = service.spec.ports?.find((one) => one.port === port)
  if (found === undefined) return missing("ServicePortError", `${at} is not listening on port ${port}`)
  if (slices.length === 0) return missing("EndpointsNotFound", `cannot find endpointslices for ${at}`)
  const portName = found.name ?? ""
  if (slices.some((slice) => hasReady(slice, portName))) return undefined
  return missing("MissingEndpoints", `endpointslices for ${at} have no addresses with port name ${quote(portName)}`)
}

function hasReady({ endpoints, ports = [] }: EndpointSlice, portName: string): boolean {
  return (
    endpoints.some(({ conditions }) => conditions?.ready ?? true) &&
    ports.some(({ name, port }) => name === portName && port !== undefined)
  )
}

/** The status with a finding in it; the same one when it says so already. The time is when the status word changed. */
export function withFinding(status: APIService["status"], finding: Finding, now: string): APIService["status"] {
  const { conditions = [] } = status
  const found = conditions.find(({ type }) => type === "Available")
  if (found === undefined) {
    return { ...status, conditions: [...conditions, { type: "Available", lastTransitionTime: now, ...finding }] }
  }
  if (found.status === finding.status && found.reason === finding.reason && found.message === finding.message) {
    return status
  }
  const time = found.status === finding.status ? found.lastTransitionTime : now
  const changed = { ...found, ...finding, ...(time !== undefined && { lastTransitionTime: time }) }
  return { ...status, conditions: conditions.map((one) => (one === found ? changed : one)) }
}

export function isAvailable({ status }: Pick<APIService, "status">): boolean {
  return status.conditions?.some(({ type, status: word }) => type === "Available" && word === "True") ?? false
}
