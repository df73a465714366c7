import { isAbsolute } from "node:path"

const SCHEME = "unix://"

/**
 * The path of the socket in an endpoint as kubelets are given it: `unix:///run/containerd/containerd.sock`, or the path
 * alone. Throws an `Error` that says what was expected.
 */
export function socketOf(endpoint: string): string {
  const path = endpoint.startsWith(SCHEME) ? endpoint.slice(SCHEME.length) : endpoint
  if (isAbsolute(path)) return path
  throw new Error(
    `found ${JSON.stringify(endpoint)}, expected the socket of a runtime, such as ${SCHEME}/run/containerd/containerd.sock`,
  )
}
