import { bool, int64, list, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const PodLogOptions = struct("io.k8s.api.core.v1.PodLogOptions", {
  container: string(1, { doc: "" }),
  follow: bool(2, { doc: "" }),
  previous: bool(3, { doc: "" }),
  sinceSeconds: int64(4, { doc: "", pointer: true }),
  sinceTime: time(5, { doc: "" }),
  timestamps: bool(6, { doc: "" }),
  tailLines: int64(7, { doc: "", pointer: true }),
  limitBytes: int64(8, { doc: "", pointer: true }),
  insecureSkipTLSVerifyBackend: bool(9, { doc: "" }),
  stream: string(10, { doc: "", pointer: true }),
})
export type PodLogOptions = TypeOf<typeof PodLogOptions>

export const PodExecOptions = struct("io.k8s.api.core.v1.PodExecOptions", {
  stdin: bool(1, { doc: "" }),
  stdout: bool(2, { doc: "" }),
  stderr: bool(3, { doc: "" }),
  tty: bool(4, { doc: "" }),
  container: string(5, { doc: "" }),
  command: list(6, "string", { doc: "", always: true }),
})
export type PodExecOptions = TypeOf<typeof PodExecOptions>

export const PodAttachOptions = struct("io.k8s.api.core.v1.PodAttachOptions", {
  stdin: bool(1, { doc: "" }),
  stdout: bool(2, { doc: "" }),
  stderr: bool(3, { doc: "" }),
  tty: bool(4, { doc: "" }),
  container: string(5, { doc: "" }),
})
export type PodAttachOptions = TypeOf<typeof PodAttachOptions>

export const PodPortForwardOptions = struct("io.k8s.api.core.v1.PodPortForwardOptions", {
  ports: list(1, "int32", { doc: "" }),
})
export type PodPortForwardOptions = TypeOf<typeof PodPortForwardOptions>

export const PodProxyOptions = struct("io.k8s.api.core.v1.PodProxyOptions", {
  path: string(1, { doc: "" }),
})
export type PodProxyOptions = TypeOf<typeof PodProxyOptions>

export const NodeProxyOptions = struct("io.k8s.api.core.v1.NodeProxyOptions", {
  path: string(1, { doc: "" }),
})
export type NodeProxyOptions = TypeOf<typeof NodeProxyOptions>

export const ServiceProxyOptions = struct("io.k8s.api.core.v1.ServiceProxyOptions", {
  path: string(1, { doc: "" }),
})
export type ServiceProxyOptions = TypeOf<typeof ServiceProxyOptions>
