import { hasGrpcCode } from "../../machinery/grpc/code.ts"
import type { ContainerId } from "../container.ts"
import { RuntimeError } from "../errors.ts"
import type { ContainerRuntime } from "../runtime.ts"
import { CALL_MS, called, runtimeErrorOf } from "./calls.ts"
import { detailsOf } from "./details.ts"
import { openForward } from "./forward.ts"
import type { Parts } from "./parts.ts"
import type { Reads } from "./reads.ts"
import { openAttach, openExec } from "./streams.ts"

type Methods = Pick<ContainerRuntime, "attach" | "exec" | "execSync" | "portForward">

/** Commands and streams in containers. */
export function commandMethods({ cri }: Parts, reads: Reads): Methods {
  const limit = { timeoutMs: CALL_MS }

  /** A failure because the container does not run is told apart from others, which runtimes do not do. */
  const inContainer = async <T>(id: ContainerId, call: Promise<T>): Promise<T> => {
    try {
      return await call
    } catch (error) {
      if (hasGrpcCode(error, "DeadlineExceeded")) throw runtimeErrorOf(error)
      const { state } = await reads.containerStatus(id)
      if (state === "RUNNING") throw runtimeErrorOf(error)
      throw new RuntimeError("FailedPrecondition", `container ${id} is not running: ${state}`, { cause: error })
    }
  }

  return {
    async execSync(containerId, cmd, timeoutMs) {
      // CRI counts in seconds. What is less, or in between, is left to the call's own limit.
      const timeout = Math.ceil(timeoutMs / 1000)
      const ownMs = timeoutMs % 1000 === 0 ? timeoutMs + CALL_MS : timeoutMs
      const call = cri.ExecSync({ containerId, cmd, timeout }, timeoutMs === 0 ? {} : { timeoutMs: ownMs })
      const { exitCode = 0, stderr = "", stdout = "" } = await inContainer(containerId, call)
      return { stdout: Buffer.from(stdout, "base64"), stderr: Buffer.from(stderr, "base64"), exitCode }
    },
    async exec(containerId, { cmd, ...streams }) {
      const { url = "" } = await inContainer(containerId, cri.Exec({ containerId, cmd, ...streams }, limit))
      return openExec(url, streams)
    },
    async attach(containerId, streams) {
      const { info } = await called(cri.ContainerStatus({ containerId, verbose: true }, limit))
      const { hasTerminal = streams.tty } = detailsOf(info)
      if (hasTerminal !== streams.tty) {
        const found = hasTerminal ? "has" : "does not have"
        throw new RuntimeError("InvalidArgument", `container ${containerId} ${found} a terminal`)
      }
      const { url = "" } = await inContainer(containerId, cri.Attach({ containerId, ...streams }, limit))
      return openAttach(url, streams)
    },
    async portForward(podSandboxId, port) {
      const { url = "" } = await called(cri.PortForward({ podSandboxId, port: [port] }, limit))
      return openForward(url, port)
    },
  }
}
