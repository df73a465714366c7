import { Service } from "../../api/core/v1/service.ts"
import { notFound, serviceUnavailable } from "../../machinery/status/errors.ts"
import type { ObjectReader } from "../admission/plugin.ts"
import type { Address, ServiceResolver } from "./target.ts"

/** This server itself, for calls to the service `default/kubernetes`. */
type Loopback = () => Address

/**
 * Services by their cluster IP, as kube-apiserver does without endpoint routing: the node's service rules lead on from
 * there, and refuse at once when nobody is ready.
 */
export function clusterServiceResolver(reader: ObjectReader, loopback?: Loopback): ServiceResolver {
  return (namespace, name, port) => {
    if (loopback !== undefined && namespace === "default" && name === "kubernetes" && port === 443) return loopback()
    const service = reader.get(Service, namespace, name)
    if (service === undefined) throw notFound({ group: "", resource: "services" }, name)
    const { type, clusterIP = "", externalName = "", ports = [] } = service.spec
    if (type === "ExternalName") return { host: externalName, port }
    if (type === "ClusterIP" && clusterIP === "None") throw new Error('cannot route to service with ClusterIP "None"')
    if (!ports.some((each) => each.port === port)) {
      throw serviceUnavailable(`no service port ${port} found for service ${JSON.stringify(name)}`)
    }
    return { host: clusterIP, port }
  }
}
