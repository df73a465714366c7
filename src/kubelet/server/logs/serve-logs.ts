import type { ServerResponse } from "node:http"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import type { Pod } from "../../../api/core/v1/pod.ts"
import { messageOf } from "../../../machinery/status/message-of.ts"
import { hasCode } from "../../../platform/linux/system-error.ts"
import type { ContainerInstance } from "../../pod-access.ts"
import { HttpError } from "../answer.ts"
import { containerEnded } from "../container-ended.ts"
import { type KubeletRequest, needPod } from "../context.ts"
import { chooseContainer } from "./choose-container.ts"
import { type LogOptions, LogOptionsError, parseLogOptions } from "./log-options.ts"
import { readLog } from "./read-log.ts"

/** `/containerLogs/{namespace}/{pod}/{container}` */
export async function serveContainerLogs(request: KubeletRequest, response: ServerResponse): Promise<void> {
  const [, namespace, podName, name = ""] = request.parts
  if (!podName) throw new HttpError(400, '{"message": "Missing podID."}')
  if (!name) throw new HttpError(400, '{"message": "Missing container name."}')
  if (!namespace) throw new HttpError(400, '{"message": "Missing podNamespace."}')
  const options = readOptions(request)
  const pod = needPod(request, `pod "${podName}" does not exist`)
  if (!hasContainer(pod, name)) throw new HttpError(404, `container "${name}" not found in pod "${podName}"`)
  const { id, logPath } = findInstance(request, pod, name, options.previous)

  const gone = new AbortController()
  response.once("close", () => gone.abort())
  const ended = options.follow ? containerEnded(request.runtime, id, gone.signal) : Promise.resolve()
  // Without the runtime nobody knows whether more comes; what is there was sent.
  const settled = ended.catch((error: unknown) => request.log.warn("container cannot be watched", { id, error }))
  const pieces = readLog(logPath, { ...options, ended: settled, signal: gone.signal })
  // What cannot be opened is an error answer; after that only the end of the connection can say so.
  await pieces.next().catch((error: unknown) => {
    throw new HttpError(400, messageOf(error), { cause: error })
  })
  response.writeHead(200, { "Content-Type": "text/plain" })
  response.flushHeaders()
  await pipeline(Readable.from(pieces, { objectMode: true }), response).catch((error: unknown) => {
    if (!hasCode(error, "ERR_STREAM_PREMATURE_CLOSE", "ECONNRESET", "EPIPE")) throw error
  })
}

function readOptions({ query, platform }: KubeletRequest): LogOptions {
  try {
    return parseLogOptions(query, platform.clock.nowMs())
  } catch (error) {
    if (error instanceof LogOptionsError) throw new HttpError(error.status, error.message, { cause: error })
    throw error
  }
}

function hasContainer({ spec }: Pod, name: string): boolean {
  const all = [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])]
  return all.some((container) => container.name === name)
}

function findInstance({ pods }: KubeletRequest, pod: Pod, name: string, previous: boolean): ContainerInstance {
  let reference: string
  try {
    reference = chooseContainer(pod, name, previous)
  } catch (error) {
    throw new HttpError(400, messageOf(error), { cause: error })
  }
  const id = reference.replace(/^[a-z.+-]+:\/\//, "")
  const instances = pods.container(pod.metadata.uid, name)
  const found = [instances?.current, instances?.previous].find((instance) => instance?.id === id)
  if (found === undefined) throw new HttpError(400, `unable to retrieve container logs for ${reference}`)
  return found
}
