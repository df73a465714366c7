import { inline, int32, int64, intOrString, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const ExecAction = struct(
  "io.k8s.api.core.v1.ExecAction",
  {
    command: list(1, "string", {
      doc: "The program and its arguments, without a shell. Exit code 0 means success.",
      listType: "atomic",
    }),
  },
  { doc: "Runs a command in the container." },
)
export type ExecAction = TypeOf<typeof ExecAction>

export const HTTPHeader = struct(
  "io.k8s.api.core.v1.HTTPHeader",
  {
    name: string(1, { doc: "The name of the header; it may be given several times.", required: true }),
    value: string(2, { doc: "The value of the header.", required: true }),
  },
  { doc: "A header of an HTTP request." },
)
export type HTTPHeader = TypeOf<typeof HTTPHeader>

export const HTTPGetAction = struct(
  "io.k8s.api.core.v1.HTTPGetAction",
  {
    path: string(1, { doc: "The path, with or without a query. Default /.", default: "/" }),
    port: intOrString(2, {
      doc: "The port: a number from 1 to 65535, or the name of a port of the container.",
      required: true,
    }),
    host: string(3, {
      doc: "The host to connect to. Default: the pod's address. To choose the virtual host, set the header Host instead.",
    }),
    scheme: string(4, { doc: "HTTP or HTTPS. Default HTTP. Certificates are not checked.", default: "HTTP" }),
    httpHeaders: list(5, HTTPHeader, {
      doc: "Headers of the request, besides User-Agent and Accept.",
      listType: "atomic",
    }),
  },
  { doc: "Sends an HTTP GET request. Answers from 200 to 399 mean success." },
)
export type HTTPGetAction = TypeOf<typeof HTTPGetAction>

export const TCPSocketAction = struct(
  "io.k8s.api.core.v1.TCPSocketAction",
  {
    port: intOrString(1, {
      doc: "The port: a number from 1 to 65535, or the name of a port of the container.",
      required: true,
    }),
    host: string(2, { doc: "The host to connect to. Default: the pod's address." }),
  },
  { doc: "Opens a TCP connection; being connected means success." },
)
export type TCPSocketAction = TypeOf<typeof TCPSocketAction>

export const SleepAction = struct(
  "io.k8s.api.core.v1.SleepAction",
  {
    seconds: int64(1, {
      doc: "How many seconds to wait. At most the pod's terminationGracePeriodSeconds; 0 does not wait.",
      required: true,
    }),
  },
  { doc: "Waits for some time." },
)
export type SleepAction = TypeOf<typeof SleepAction>

export const GRPCAction = struct(
  "io.k8s.api.core.v1.GRPCAction",
  {
    port: int32(1, { doc: "The port number, 1 to 65535.", required: true }),
    service: string(2, {
      doc: "The name of the service that is asked about. Default: empty, the server as a whole.",
      default: "",
      pointer: true,
    }),
  },
  { doc: "Calls the gRPC health service; the answer SERVING means success." },
)
export type GRPCAction = TypeOf<typeof GRPCAction>

export const LifecycleHandler = struct(
  "io.k8s.api.core.v1.LifecycleHandler",
  {
    exec: message(1, ExecAction, { doc: "Runs a command in the container." }),
    httpGet: message(2, HTTPGetAction, { doc: "Sends an HTTP GET request to the container." }),
    tcpSocket: message(3, TCPSocketAction, {
      doc: "Not supported as a hook; kept so that old manifests can be read. It fails when the hook runs.",
    }),
    sleep: message(4, SleepAction, { doc: "Waits for a number of seconds." }),
  },
  { doc: "What a hook does. Exactly one action must be set." },
)
export type LifecycleHandler = TypeOf<typeof LifecycleHandler>

export const Lifecycle = struct(
  "io.k8s.api.core.v1.Lifecycle",
  {
    postStart: message(1, LifecycleHandler, {
      doc: "Runs right after the container was created, beside its process. The container counts as running only afterwards; if this fails, the container is killed.",
    }),
    preStop: message(2, LifecycleHandler, {
      doc: "Runs before the container is asked to stop, but not when it ended by itself. Its time counts against the grace period.",
    }),
    stopSignal: string(3, {
      doc: "The signal that asks the container to stop, such as SIGUSR1. Default: the image's own, else SIGTERM. The pod must name its os.",
      pointer: true,
    }),
  },
  { doc: "What happens around the life of a container." },
)
export type Lifecycle = TypeOf<typeof Lifecycle>

export const ProbeHandler = struct(
  "io.k8s.api.core.v1.ProbeHandler",
  {
    exec: message(1, ExecAction, { doc: "Runs a command in the container." }),
    httpGet: message(2, HTTPGetAction, { doc: "Sends an HTTP GET request to the container." }),
    tcpSocket: message(3, TCPSocketAction, { doc: "Opens a TCP connection to the container." }),
    grpc: message(4, GRPCAction, { doc: "Calls the gRPC health service of the container." }),
  },
  { doc: "How a container is checked. Exactly one way must be set." },
)
export type ProbeHandler = TypeOf<typeof ProbeHandler>

export const Probe = struct(
  "io.k8s.api.core.v1.Probe",
  {
    handler: inline(1, ProbeHandler),
    initialDelaySeconds: int32(2, {
      doc: "How many seconds after the start of the container the first check happens. Default 0.",
    }),
    timeoutSeconds: int32(3, {
      doc: "After how many seconds without an answer a check has failed. Default 1, which is also the least.",
      default: 1,
    }),
    periodSeconds: int32(4, {
      doc: "How many seconds lie between two checks. Default 10; the least is 1.",
      default: 10,
    }),
    successThreshold: int32(5, {
      doc: "How many checks in a row must succeed after a failure. Default 1, and it must be 1 for liveness and startup probes.",
      default: 1,
    }),
    failureThreshold: int32(6, {
      doc: "How many checks in a row must fail until the probe counts as failed. Default 3; the least is 1.",
      default: 3,
    }),
    terminationGracePeriodSeconds: int64(7, {
      doc: "How many seconds the container has to end when this probe fails, instead of the pod's own number. At least 1; not for readiness probes.",
      pointer: true,
    }),
  },
  {
    doc: "The kubelet repeats the check at a fixed period. Exactly one of exec, httpGet, tcpSocket and grpc must be set.",
  },
)
export type Probe = TypeOf<typeof Probe>
