import type { ApiCall, CallHandler } from "../../apiserver/call.ts"
import { answerZPage, flagsPage, statusPage, type ZPage } from "../../machinery/http/z-pages.ts"
import type { Clock } from "../../platform/clock.ts"
import type { ClusterRecord } from "../cluster/record.ts"
import { KUBERNETES_VERSION } from "../version.ts"

const COMPONENT = "kube-apiserver"
/** Those that help to find out what is wrong. */
const PATHS = ["/flagz", "/gantry", "/healthz", "/livez", "/metrics", "/readyz", "/version"]

/** `/statusz` and `/flagz` of the server, for whom RBAC lets read them. */
export function zPaths(
  record: ClusterRecord,
  clock: Pick<Clock, "nowMs">,
): readonly (readonly [string, CallHandler])[] {
  const startMs = clock.nowMs()
  const answer =
    (page: () => ZPage): CallHandler =>
    async (call: ApiCall) => ({
      type: "raw",
      code: 200,
      ...answerZPage(page(), call.connection?.exchange?.headers.accept),
    })
  const flags = new Map(Object.entries({ ...record.serverFlags, name: record.name }))
  return [
    [
      "/statusz",
      answer(() => statusPage(COMPONENT, KUBERNETES_VERSION, { startMs, nowMs: clock.nowMs(), paths: PATHS })),
    ],
    ["/flagz", answer(() => flagsPage(COMPONENT, flags))],
  ]
}
