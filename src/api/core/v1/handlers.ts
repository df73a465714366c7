import { inline, int32, int64, intOrString, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const ExecAction = struct("io.k8s.api.core.v1.ExecAction", {
  command: list(1, "string", { doc: "", listType: "atomic" }),
})
export type ExecAction = TypeOf<typeof ExecAction>

export const HTTPHeader = struct("io.k8s.api.core.v1.HTTPHeader", {
  name: string(1, { doc: "", required: true }),
  value: string(2, { doc: "", required: true }),
})
export type HTTPHeader = TypeOf<typeof HTTPHeader>

export const HTTPGetAction = struct("io.k8s.api.core.v1.HTTPGetAction", {
  path: string(1, { doc: "", default: "/" }),
  port: intOrString(2, { doc: "", required: true }),
  host: string(3, { doc: "" }),
  scheme: string(4, { doc: "", default: "HTTP" }),
  httpHeaders: list(5, HTTPHeader, { doc: "", listType: "atomic" }),
})
export type HTTPGetAction = TypeOf<typeof HTTPGetAction>

export const TCPSocketAction = struct("io.k8s.api.core.v1.TCPSocketAction", {
  port: intOrString(1, { doc: "", required: true }),
  host: string(2, { doc: "" }),
})
export type TCPSocketAction = TypeOf<typeof TCPSocketAction>

export const SleepAction = struct("io.k8s.api.core.v1.SleepAction", {
  seconds: int64(1, { doc: "", required: true }),
})
export type SleepAction = TypeOf<typeof SleepAction>

export const GRPCAction = struct("io.k8s.api.core.v1.GRPCAction", {
  port: int32(1, { doc: "", required: true }),
  service: string(2, { doc: "", default: "", pointer: true }),
})
export type GRPCAction = TypeOf<typeof GRPCAction>

export const LifecycleHandler = struct("io.k8s.api.core.v1.LifecycleHandler", {
  exec: message(1, ExecAction, { doc: "" }),
  httpGet: message(2, HTTPGetAction, { doc: "" }),
  tcpSocket: message(3, TCPSocketAction, { doc: "" }),
  sleep: message(4, SleepAction, { doc: "" }),
})
export type LifecycleHandler = TypeOf<typeof LifecycleHandler>

export const Lifecycle = struct("io.k8s.api.core.v1.Lifecycle", {
  postStart: message(1, LifecycleHandler, { doc: "" }),
  preStop: message(2, LifecycleHandler, { doc: "" }),
  stopSignal: string(3, { doc: "", pointer: true }),
})
export type Lifecycle = TypeOf<typeof Lifecycle>

export const ProbeHandler = struct("io.k8s.api.core.v1.ProbeHandler", {
  exec: message(1, ExecAction, { doc: "" }),
  httpGet: message(2, HTTPGetAction, { doc: "" }),
  tcpSocket: message(3, TCPSocketAction, { doc: "" }),
  grpc: message(4, GRPCAction, { doc: "" }),
})
export type ProbeHandler = TypeOf<typeof ProbeHandler>

export const Probe = struct("io.k8s.api.core.v1.Probe", {
  handler: inline(1, ProbeHandler),
  initialDelaySeconds: int32(2, { doc: "" }),
  timeoutSeconds: int32(3, { doc: "", default: 1 }),
  periodSeconds: int32(4, { doc: "", default: 10 }),
  successThreshold: int32(5, { doc: "", default: 1 }),
  failureThreshold: int32(6, { doc: "", default: 3 }),
  terminationGracePeriodSeconds: int64(7, { doc: "", pointer: true }),
})
export type Probe = TypeOf<typeof Probe>
