import { GrpcError } from "../../machinery/grpc/code.ts"
import { createTokenBucket } from "../../machinery/token-bucket.ts"
import type { Clock } from "../../platform/clock.ts"

/** As Kubernetes has them for this socket. */
const LIMITS = { perSecond: 100, burst: 10 }

/** Throws for calls that come faster than anybody needs. */
export function createRequestLimit(clock: Pick<Clock, "monotonicMs">): () => void {
  const takeToken = createTokenBucket(LIMITS, clock)
  return () => {
    if (!takeToken()) throw new GrpcError("ResourceExhausted", "rejected by rate limit")
  }
}
