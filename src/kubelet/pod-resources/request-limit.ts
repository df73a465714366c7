import { GrpcError } from "../../machinery/grpc/code.ts"
import type { Clock } from "../../platform/clock.ts"

// As Kubernetes has them for this socket.
const REQUESTS_PER_SECOND = 100
const BURST = 10

/** Throws for calls that come faster than anybody needs. */
export function createRequestLimit(clock: Pick<Clock, "monotonicMs">): () => void {
  let tokens = BURST
  let countedAtMs = clock.monotonicMs()
  return () => {
    const nowMs = clock.monotonicMs()
    tokens = Math.min(BURST, tokens + ((nowMs - countedAtMs) * REQUESTS_PER_SECOND) / 1000)
    countedAtMs = nowMs
    if (tokens < 1) throw new GrpcError("ResourceExhausted", "rejected by rate limit")
    tokens -= 1
  }
}
