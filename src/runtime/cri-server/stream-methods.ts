import type { HandlersOf } from "../../machinery/grpc/service.ts"
import type { RuntimeService } from "../cri/services.ts"
import { RuntimeError } from "../errors.ts"
import { invalid, translated } from "./errors.ts"
import type { RuntimeServiceParts } from "./runtime-service.ts"

interface Streams {
  readonly tty: boolean
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
}

export function streamMethods({ ids, runtime, streaming }: RuntimeServiceParts) {
  const running = async (given: string | undefined) => {
    const id = await ids.container(given)
    const { state } = await runtime.containerStatus(id)
    if (state !== "RUNNING") throw new RuntimeError("FailedPrecondition", `container ${id} is not running: ${state}`)
    return id
  }
  return translated({
    async ExecSync({ cmd = [], containerId, timeout = 0 }) {
      const result = await runtime.execSync(await running(containerId), cmd, Math.max(0, timeout) * 1000)
      const { exitCode, stderr, stdout } = result
      return {
        stdout: Buffer.from(stdout).toString("base64"),
        stderr: Buffer.from(stderr).toString("base64"),
        exitCode,
      }
    },
    async Exec({ cmd = [], containerId, stderr = false, stdin = false, stdout = false, tty = false }) {
      const streams = checked({ tty, stdin, stdout, stderr })
      return { url: await streaming.exec(await running(containerId), { cmd, ...streams }) }
    },
    async Attach({ containerId, stderr = false, stdin = false, stdout = false, tty = false }) {
      const streams = checked({ tty, stdin, stdout, stderr })
      return { url: await streaming.attach(await running(containerId), streams) }
    },
    async PortForward({ podSandboxId }) {
      const id = await ids.sandbox(podSandboxId)
      const { state } = await runtime.podSandboxStatus(id)
      if (state !== "READY") throw new RuntimeError("FailedPrecondition", `sandbox ${id} is not running`)
      return { url: await streaming.portForward(id) }
    },
  } satisfies HandlersOf<typeof RuntimeService>)
}

function checked(streams: Streams): Streams {
  const { stderr, stdin, stdout, tty } = streams
  if (tty && stderr) throw invalid("tty and stderr cannot both be true")
  if (!stdin && !stdout && !stderr) throw invalid("one of stdin, stdout, or stderr must be set")
  return streams
}
