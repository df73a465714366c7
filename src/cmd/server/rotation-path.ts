import type { ApiResult, CallHandler } from "../../apiserver/call.ts"
import { methodNotSupported } from "../../machinery/status/errors.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { Logger } from "../../platform/log.ts"
import type { SecretEncryption } from "./secret-encryption.ts"

/** Where commands ask a running server for another key, and how far it is. RBAC treats it as any path of no resource. */
export const ROTATION_PATH = "/gantry/secrets/encryption-key"

export interface RotationStatus {
  readonly rotating: boolean
  /** How many secrets the last rotation has written. */
  readonly written: number
  /** Why the last one was broken off. */
  readonly problem?: string
}

export interface Rotation {
  /** POST begins (or goes on), GET tells how far it is. */
  readonly handle: CallHandler
  /** The server runs: goes on with what its end has broken off. `caughtUp` as for `rotate`. */
  ready(caughtUp: () => Promise<void>): void
}

export function createRotation(encryption: SecretEncryption, log: Logger): Rotation {
  const started = Promise.withResolvers<() => Promise<void>>()
  let running = false
  let written = 0
  let problem: string | undefined
  async function run(): Promise<void> {
    running = true
    problem = undefined
    try {
      written = await encryption.rotate(async () => (await started.promise)())
      log.info("secrets are encrypted with a new key", { written })
    } catch (error) {
      problem = messageOf(error)
      log.error("the key of secrets is not replaced yet; both keys are kept", { error })
    } finally {
      running = false
    }
  }
  const answer = (code: number): ApiResult => {
    const status: RotationStatus = { rotating: running, written, ...(problem !== undefined && { problem }) }
    return { type: "value", code, value: status }
  }
  return {
    handle: async ({ info: { verb } }) => {
      if (verb === "get") return answer(200)
      if (verb !== "post") throw methodNotSupported({ group: "", resource: "encryption-key" }, verb)
      if (!running) void run()
      return answer(202)
    },
    ready(caughtUp) {
      started.resolve(caughtUp)
      if (encryption.isRotating) void run()
    },
  }
}
