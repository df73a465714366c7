import { quote } from "../../machinery/field/quote.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { type ContainerId, type ContainerRuntime, isRuntimeError } from "../../runtime/runtime.ts"
import type { ProbeOutcome } from "./result.ts"

/** More of a command's output is not shown. */
const outputBytesMax = 10 * 1024

/** Whether a command in the container exits with 0. */
export async function probeExec(
  runtime: Pick<ContainerRuntime, "execSync">,
  id: ContainerId,
  command: readonly string[],
  timeoutMs: number,
): Promise<ProbeOutcome> {
  try {
    const { exitCode, stderr, stdout } = await runtime.execSync(id, command, timeoutMs)
    const output = Buffer.concat([stdout, stderr]).subarray(0, outputBytesMax).toString()
    return { outcome: exitCode === 0 ? "success" : "failure", output }
  } catch (error) {
    if (isRuntimeError(error, "DeadlineExceeded")) {
      const text = `command timed out: ${quote(command.join(" "))} timed out after ${timeoutMs / 1000}s`
      return { outcome: "failure", output: text }
    }
    return { outcome: "error", output: messageOf(error) }
  }
}
