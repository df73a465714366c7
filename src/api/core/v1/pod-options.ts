import { bool, int64, list, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const PodLogOptions = struct(
  "io.k8s.api.core.v1.PodLogOptions",
  {
    container: string(1, { doc: "The container. Default: the only one of the pod." }),
    follow: bool(2, { doc: "Whether to go on as long as new lines come. Default false." }),
    previous: bool(3, { doc: "Whether to show the log of the run before the last restart. Default false." }),
    sinceSeconds: int64(4, {
      doc: "Only lines of the last so many seconds. Not together with sinceTime.",
      pointer: true,
    }),
    sinceTime: time(5, { doc: "Only lines from this time on. Not together with sinceSeconds." }),
    timestamps: bool(6, { doc: "Whether each line begins with its time. Default false." }),
    tailLines: int64(7, {
      doc: "Only the last so many lines; 0 shows none but those still to come. Default: all.",
      pointer: true,
    }),
    limitBytes: int64(8, {
      doc: "After how many bytes to stop, maybe in the middle of a line. Default: no limit.",
      pointer: true,
    }),
    insecureSkipTLSVerifyBackend: bool(9, {
      doc: "Whether the API server does without checking the kubelet's certificate. Default false.",
    }),
    stream: string(10, {
      doc: "Stdout, Stderr or All. Default All. Not together with tailLines unless All.",
      pointer: true,
    }),
  },
  { doc: "Which part of a container's log is wanted." },
)
export type PodLogOptions = TypeOf<typeof PodLogOptions>

export const PodExecOptions = struct(
  "io.k8s.api.core.v1.PodExecOptions",
  {
    stdin: bool(1, { doc: "Whether the client sends standard input. Default false." }),
    stdout: bool(2, { doc: "Whether the client receives standard output. Default true." }),
    stderr: bool(3, { doc: "Whether the client receives standard error. Default true." }),
    tty: bool(4, { doc: "Whether the command gets a terminal. Default false." }),
    container: string(5, { doc: "The container. Default: the only one of the pod." }),
    command: list(6, "string", { doc: "The program and its arguments, without a shell.", always: true }),
  },
  { doc: "How a command is run in a container." },
)
export type PodExecOptions = TypeOf<typeof PodExecOptions>

export const PodAttachOptions = struct(
  "io.k8s.api.core.v1.PodAttachOptions",
  {
    stdin: bool(1, { doc: "Whether the client sends standard input. Default false." }),
    stdout: bool(2, { doc: "Whether the client receives standard output. Default true." }),
    stderr: bool(3, { doc: "Whether the client receives standard error. Default true." }),
    tty: bool(4, { doc: "Whether the process has a terminal. Default false." }),
    container: string(5, { doc: "The container. Default: the only one of the pod." }),
  },
  { doc: "How a client is connected to a container's process." },
)
export type PodAttachOptions = TypeOf<typeof PodAttachOptions>

export const PodPortForwardOptions = struct(
  "io.k8s.api.core.v1.PodPortForwardOptions",
  {
    ports: list(1, "int32", { doc: "The port numbers; needed for WebSockets, while SPDY names them later." }),
  },
  { doc: "Which ports of a pod are forwarded." },
)
export type PodPortForwardOptions = TypeOf<typeof PodPortForwardOptions>

export const PodProxyOptions = struct(
  "io.k8s.api.core.v1.PodProxyOptions",
  {
    path: string(1, { doc: "The path and query of the request." }),
  },
  { doc: "Which path of a pod a request goes to." },
)
export type PodProxyOptions = TypeOf<typeof PodProxyOptions>

export const NodeProxyOptions = struct(
  "io.k8s.api.core.v1.NodeProxyOptions",
  {
    path: string(1, { doc: "The path and query of the request." }),
  },
  { doc: "Which path of a node's kubelet a request goes to." },
)
export type NodeProxyOptions = TypeOf<typeof NodeProxyOptions>

export const ServiceProxyOptions = struct(
  "io.k8s.api.core.v1.ServiceProxyOptions",
  {
    path: string(1, { doc: "The path and query of the request." }),
  },
  { doc: "Which path of a service a request goes to." },
)
export type ServiceProxyOptions = TypeOf<typeof ServiceProxyOptions>
