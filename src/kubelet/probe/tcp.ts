import { connect } from "node:net"
import { wordsOf } from "../../machinery/net/connection-words.ts"
import { hostPort } from "../../machinery/net/host-port.ts"
import type { Clock } from "../../platform/clock.ts"
import { deadline } from "./deadline.ts"
import type { ProbeOutcome } from "./result.ts"

/** Whether a port accepts connections. */
export function probeTcp(
  host: string,
  port: number,
  timeoutMs: number,
  clock: Pick<Clock, "after" | "monotonicMs">,
): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const finish = (result: ProbeOutcome) => {
      timer.cancel()
      socket.destroy()
      resolve(result)
    }
    const timer = deadline(clock, timeoutMs, () => {
      finish({ outcome: "failure", output: `dial tcp ${hostPort({ host, port })}: i/o timeout` })
    })
    socket.on("connect", () => finish({ outcome: "success", output: "" }))
    socket.on("error", (error) => finish({ outcome: "failure", output: wordsOf(error) }))
  })
}
