import type { NodeImage } from "../../images/images.ts"
import type { RuntimeStatus, RuntimeVersion } from "../../runtime/runtime.ts"
import type { KubeletOptions } from "../options.ts"

/** What the runtime said when it last answered. */
export interface RuntimeLook {
  readonly status: RuntimeStatus
  readonly version: RuntimeVersion
  readonly images: readonly NodeImage[]
  /** That was long ago. */
  readonly isDown: boolean
}

/** The kubelet's words for a runtime that does not answer. */
export const RUNTIME_DOWN = "container runtime is down"
/** For how long it may be away, as with the kubelet: runtimes are started anew under running pods. */
const AWAY_MS = 30_000

/**
 * Asks the runtime what the node has to report. While it does not answer, the answer is the last one. Rejects when there
 * was none yet.
 */
export function lookAtRuntime({
  images,
  platform,
  runtime,
}: Pick<KubeletOptions, "images" | "platform" | "runtime">): () => Promise<RuntimeLook> {
  const { clock, log } = platform
  let last: { readonly look: RuntimeLook; readonly atMs: number } | undefined
  return async () => {
    try {
      const [status, version, present] = await Promise.all([runtime.status(), runtime.version(), images.list()])
      const look = { status, version, images: present, isDown: false }
      last = { look, atMs: clock.monotonicMs() }
      return look
    } catch (error) {
      if (last === undefined) throw error
      log.warn("the container runtime does not answer", { error })
      return { ...last.look, isDown: clock.monotonicMs() - last.atMs >= AWAY_MS }
    }
  }
}
