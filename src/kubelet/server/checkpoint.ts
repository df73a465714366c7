import { HttpError } from "./answer.ts"
import { type KubeletRequest, needPod } from "./context.ts"

/** `POST /checkpoint/{namespace}/{pod}/{container}`: no runtime here writes checkpoints, and the answer says so. */
export async function refuseCheckpoint(request: KubeletRequest): Promise<never> {
  const { spec } = needPod(request, "pod does not exist")
  const [, namespace = "", pod = "", container = ""] = request.parts
  const { containers, ephemeralContainers = [], initContainers = [] } = spec
  const found = [...containers, ...initContainers, ...ephemeralContainers].some(({ name }) => name === container)
  if (!found) throw new HttpError(404, `container ${container} does not exist`)
  const why = "rpc error: code = Unimplemented desc = this runtime cannot write checkpoints of containers"
  throw new HttpError(500, `checkpointing of ${namespace}/${pod}/${container} failed (${why})`)
}
