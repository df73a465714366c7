import { connect } from "node:net"
import type { Clock } from "../../platform/clock.ts"
import { connectionText } from "./http.ts"
import type { ProbeOutcome } from "./result.ts"

/** Whether a port accepts connections. */
export function probeTcp(
  host: string,
  port: number,
  timeoutMs: number,
  clock: Pick<Clock, "after">,
): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const finish = (result: ProbeOutcome) => {
      timer.cancel()
      socket.destroy()
      resolve(result)
    }
    const timer = clock.after(timeoutMs, () => {
      finish({ outcome: "failure", output: `dial tcp ${host}:${port}: i/o timeout` })
    })
    socket.on("connect", () => finish({ outcome: "success", output: "" }))
    socket.on("error", (error) => finish({ outcome: "failure", output: connectionText(error, host, port) }))
  })
}
