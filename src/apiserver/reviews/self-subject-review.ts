import { SelfSubjectReview } from "../../api/authentication/v1/self-subject-review.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import type { Clock } from "../../platform/clock.ts"
import type { CallHandler } from "../call.ts"
import { createReview, userStatus } from "./review.ts"

/** Who am I? https://kubernetes.io/docs/reference/access-authn-authz/authentication/#self-subject-review */
export function createSelfSubjectReview(clock: Pick<Clock, "nowMs">): CallHandler {
  return createReview(SelfSubjectReview, ({ apiVersion, kind }, call) => ({
    kind,
    apiVersion,
    metadata: { creationTimestamp: timeFromMs(clock.nowMs()) },
    status: { userInfo: userStatus(call.user) },
  }))
}
