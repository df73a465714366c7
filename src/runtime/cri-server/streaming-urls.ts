import type { ContainerId } from "../container.ts"
import type { AttachRequest, ExecRequest } from "../runtime.ts"
import type { SandboxId } from "../sandbox.ts"

/**
 * Where CRI clients connect for streams into containers: a server of SPDY and WebSocket upgrades on loopback. Each URL is
 * secret, and good for one connection within a minute.
 */
export interface StreamingUrls {
  exec(container: ContainerId, request: ExecRequest): Promise<string>
  attach(container: ContainerId, request: AttachRequest): Promise<string>
  /** The client says which ports it wants when it connects. */
  portForward(sandbox: SandboxId): Promise<string>
}
