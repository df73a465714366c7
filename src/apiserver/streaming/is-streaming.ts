import type { RequestInfo } from "../call.ts"

const POD_CONNECTIONS = new Set(["exec", "attach", "portforward", "log", "proxy"])

/** Whether a request is answered by a kubelet or another server behind this one. */
export function isStreamingRequest(info: RequestInfo): boolean {
  if (!info.isResource || info.group !== "" || info.version !== "v1") return false
  // The old form, with the verb in the path.
  if (info.verb === "proxy") return true
  switch (info.resource) {
    case "pods":
      return POD_CONNECTIONS.has(info.subresource)
    case "services":
    case "nodes":
      return info.subresource === "proxy"
    default:
      return false
  }
}
