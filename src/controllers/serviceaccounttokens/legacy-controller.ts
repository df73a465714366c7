import { ConfigMap } from "../../api/core/v1/config-map.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { Secret } from "../../api/core/v1/secret.ts"
import { ServiceAccount } from "../../api/core/v1/service-account.ts"
import { isAlreadyExists, isConflict, isNotFound } from "../../machinery/status/predicates.ts"
import { type ControllerContext, defineController } from "../define-controller.ts"
import { dayOf, INVALID_SINCE, isKnownLongEnough, verdict } from "./legacy-plan.ts"
import { ACCOUNT_NAME, isAccountToken } from "./plan.ts"

const SWEEP_MS = 24 * 3_600_000
/** Says since when the API server notes which tokens are used. */
const TRACKING = { namespace: "kube-system", name: "kube-apiserver-legacy-service-account-token-tracking" }

/** Ends tokens that came from a cluster of before 1.24 and that nobody has used for long. */
export const legacyTokenCleaner = defineController({
  name: "legacy-service-account-token-cleaner",
  reads: [ConfigMap, Pod, Secret, ServiceAccount],
  writes: [
    { resource: ConfigMap, verbs: ["create", "update"] },
    { resource: Secret, verbs: ["delete", "patch"] },
  ],
  workers: 1,
  start(context) {
    context.enqueue("sweep")
    return async () => {
      if (isKnownLongEnough(await trackedSince(context), context.platform.clock.nowMs())) await sweep(context)
      return { againAfterMs: SWEEP_MS }
    }
  },
})

async function trackedSince({ client, informer, platform }: ControllerContext): Promise<string> {
  const present = informer(ConfigMap).get(`${TRACKING.namespace}/${TRACKING.name}`)
  const since = present?.data?.["since"] ?? ""
  if (!Number.isNaN(Date.parse(since))) return since
  const data = { since: dayOf(platform.clock.nowMs()) }
  const maps = client.of(ConfigMap)
  try {
    if (present === undefined) await maps.create({ metadata: TRACKING, data })
    else await maps.update({ ...present, data: { ...present.data, ...data } })
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
  return data.since
}

async function sweep({ client, informer, platform }: ControllerContext): Promise<void> {
  const nowMs = platform.clock.nowMs()
  for (const secret of informer(Secret).list().filter(isAccountToken)) {
    const { annotations, namespace, resourceVersion, uid } = secret.metadata
    const account = informer(ServiceAccount).get(`${namespace}/${annotations?.[ACCOUNT_NAME] ?? ""}`)
    const decided = verdict({ secret, account, pods: informer(Pod).list(namespace), nowMs })
    const secrets = client.of(Secret)
    try {
      if (decided === "delete") await secrets.delete(secret.metadata, { preconditions: { resourceVersion } })
      if (decided === "invalidate") {
        const body = { metadata: { uid, labels: { [INVALID_SINCE]: dayOf(nowMs) } } }
        await secrets.patch(secret.metadata, body, { type: "merge" })
      }
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) throw error
    }
  }
}
