import type { Pod } from "../../../api/core/v1/pod.ts"
import { messageOf } from "../../../machinery/status/message-of.ts"
import type { ContainerInstance } from "../../pod-access.ts"
import { HttpError } from "../answer.ts"
import { type KubeletRequest, needPod } from "../context.ts"
import { isTunnel, parsePorts, servePortForward } from "./port-forward.ts"
import { openRemoteStreams, type RemoteStreams, type StreamOptions } from "./remote-streams.ts"
import { serveAttach, serveExec } from "./serve-command.ts"
import { isWebSocket, type Upgrade } from "./upgrade.ts"

/** Each checks what can be checked while the client still gets an HTTP answer, and returns the rest of the work. */

export async function prepareExec(request: KubeletRequest, upgrade: Upgrade): Promise<() => Promise<void>> {
  const options = streamOptions(request.query)
  const pod = needPod(request, "pod does not exist")
  const name = request.parts.at(-1) ?? ""
  const { id } = containerIn(request, pod, `container not found ("${name}")`)
  const command = request.query.getAll("command")
  const { runtime, log } = request
  return withStreams(request, upgrade, options, (streams) =>
    serveExec(streams, command, () => runtime.exec(id, { cmd: command, ...options }), log),
  )
}

export async function prepareAttach(request: KubeletRequest, upgrade: Upgrade): Promise<() => Promise<void>> {
  const asked = streamOptions(request.query)
  const pod = needPod(request, "pod does not exist")
  const name = request.parts.at(-1) ?? ""
  const { id } = containerIn(request, pod, `container ${name} not found in pod ${fullName(pod)}`)
  const { runtime, log } = request
  // Whether there is a terminal is the container's doing; only then is stderr part of stdout.
  const tty = containerSpec(pod, name)?.tty === true
  const attached = { ...asked, tty, stderr: asked.stderr && !tty }
  return withStreams(request, upgrade, asked, (streams) =>
    serveAttach(streams, () => runtime.attach(id, attached), log),
  )
}

export async function preparePortForward(request: KubeletRequest, upgrade: Upgrade): Promise<() => Promise<void>> {
  const ports = isWebSocket(upgrade) && !isTunnel(upgrade) ? readPorts(request.query) : []
  const pod = needPod(request, "pod does not exist")
  const { name, uid } = pod.metadata
  const wantedUid = request.parts[3] ?? uid
  if (wantedUid !== uid) throw new HttpError(404, "pod not found")
  const sandbox = request.pods.sandboxId(uid)
  if (sandbox === undefined) throw new HttpError(500, `pod not found ("${fullName(pod)}")`)
  const connect = (port: number) => request.runtime.portForward(sandbox, port)
  const target = { podName: name, podUid: uid, connect }
  return () => servePortForward(upgrade, target, ports, request.platform.clock)
}

/** The newest instance of the container that the path names. */
export function containerIn({ pods, parts }: KubeletRequest, pod: Pod, missing: string): ContainerInstance {
  // `/exec/{namespace}/{pod}/{container}` or `/exec/{namespace}/{pod}/{uid}/{container}`
  const uid = parts.length > 4 ? parts[3] : pod.metadata.uid
  const instance = uid === pod.metadata.uid ? pods.container(uid, parts.at(-1) ?? "")?.current : undefined
  if (instance === undefined || instance.state !== "RUNNING") throw new HttpError(500, missing)
  return instance
}

function withStreams(
  { platform }: KubeletRequest,
  upgrade: Upgrade,
  options: StreamOptions,
  serve: (streams: RemoteStreams) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const streams = await openRemoteStreams(upgrade, options, platform.clock)
    if (streams !== undefined) await serve(streams)
  }
}

function streamOptions(query: URLSearchParams): StreamOptions {
  const isSet = (name: string) => query.get(name) === "1"
  const tty = isSet("tty")
  // A terminal has one output.
  const options = { tty, stdin: isSet("input"), stdout: isSet("output"), stderr: isSet("error") && !tty }
  if (!options.stdin && !options.stdout && !options.stderr) {
    throw new HttpError(400, "you must specify at least 1 of stdin, stdout, stderr")
  }
  return options
}

function readPorts(query: URLSearchParams): number[] {
  try {
    return parsePorts(query)
  } catch (error) {
    throw new HttpError(400, messageOf(error), { cause: error })
  }
}

function containerSpec({ spec }: Pod, name: string) {
  const all = [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])]
  return all.find((container) => container.name === name)
}

const fullName = ({ metadata }: Pod): string => `${metadata.name}_${metadata.namespace}`
