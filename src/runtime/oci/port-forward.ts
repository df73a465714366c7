import { once } from "node:events"
import type { Duplex } from "node:stream"
import { messageOf } from "../../machinery/status/message-of.ts"
import { connectTcp } from "../../platform/linux/sockets.ts"
import { RuntimeError } from "../errors.ts"
import type { SandboxId } from "../sandbox.ts"
import { sandboxView } from "./container-view.ts"
import { needSandbox, type OciContext } from "./context.ts"
import { sandboxNamespaces } from "./sandbox-setup.ts"

/** Connects from inside the pod's network, so that servers on its loopback address can be reached too. */
export async function portForward(context: OciContext, id: SandboxId, port: number): Promise<Duplex> {
  const entry = needSandbox(context, id)
  if (sandboxView(context, entry).state !== "READY") {
    throw new RuntimeError("FailedPrecondition", `pod sandbox ${id} is not ready`)
  }
  const namespace = sandboxNamespaces(entry.record.config, context.layout.sandbox(id)).net ?? undefined
  const failures: string[] = []
  for (const host of ["127.0.0.1", "::1"]) {
    const socket = connectTcp(namespace, { host, port })
    try {
      await once(socket, "connect")
      return socket
    } catch (error) {
      socket.destroy()
      failures.push(messageOf(error))
    }
  }
  throw new RuntimeError("RuntimeFailure", `failed to connect to port ${port} inside the pod: ${failures.join("; ")}`)
}
