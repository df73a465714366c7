import type { EngineMethod, EngineStatus } from "../engine.ts"
import type { Frame } from "./frame.ts"
import type { PackedError } from "./frame-errors.ts"

export interface WorkerOptions {
  readonly path: string
  readonly fileBytesMax: number | undefined
}

export type PackedCall<M extends EngineMethod> = readonly [method: M, args: unknown]
export type PackedReply = readonly [ok: 0, reply: unknown] | readonly [failed: 1, error: PackedError]

export type ToWorker = { readonly type: "calls"; readonly frame: Frame } | { readonly type: "close" }

export type FromWorker =
  | { readonly type: "opened"; readonly status: EngineStatus }
  | { readonly type: "replies"; readonly frame: Frame }
  /** Nothing works any more. */
  | { readonly type: "failed"; readonly error: PackedError }
