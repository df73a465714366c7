import { isBootstrapToken, signingToken, TOKEN_NAMESPACE, tokenEndsMs } from "../../api/core/v1/bootstrap-token.ts"
import { ConfigMap } from "../../api/core/v1/config-map.ts"
import { Secret } from "../../api/core/v1/secret.ts"
import { keyOf, splitKey } from "../../client/informer.ts"
import { isConflict, isNotFound } from "../../machinery/status/predicates.ts"
import { defineController } from "../define-controller.ts"
import { signed } from "./sign.ts"

const CLUSTER_INFO = "kube-public/cluster-info"

/**
 * Signs what new machines read before they can know whom to trust, with each token that may be used for that.
 * https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/#configmap-signing
 */
export const bootstrapSigner = defineController({
  name: "bootstrap-signer",
  reads: [Secret, ConfigMap],
  writes: [{ resource: ConfigMap, verbs: ["update"] }],
  workers: 1,
  start(context) {
    const secrets = context.informer(Secret)
    const configMaps = context.informer(ConfigMap)
    context.enqueueOn(ConfigMap, ({ object }) => (keyOf(object) === CLUSTER_INFO ? [CLUSTER_INFO] : []))
    context.enqueueOn(Secret, ({ object }) => (isBootstrapToken(object) ? [CLUSTER_INFO] : []))
    return async () => {
      const info = configMaps.get(CLUSTER_INFO)
      if (info === undefined) return
      const nowMs = context.platform.clock.nowMs()
      const tokens = secrets.list(TOKEN_NAMESPACE).filter(isBootstrapToken)
      const data = signed(
        info.data,
        tokens.flatMap((secret) => signingToken(secret, nowMs) ?? []),
      )
      if (data === undefined) return
      try {
        await context.client.of(ConfigMap).update({ ...info, data })
      } catch (error) {
        // Whoever changed it meanwhile brings this back.
        if (!isConflict(error) && !isNotFound(error)) throw error
      }
    }
  },
})

/** Deletes tokens that have ended. */
export const tokenCleaner = defineController({
  name: "token-cleaner",
  reads: [Secret],
  writes: [{ resource: Secret, verbs: ["delete"] }],
  workers: 1,
  start(context) {
    const secrets = context.informer(Secret)
    context.enqueueOn(Secret, ({ type, object }) =>
      type !== "deleted" && isBootstrapToken(object) ? [keyOf(object)] : [],
    )
    return async (key) => {
      const secret = secrets.get(key)
      if (secret === undefined) return undefined
      const leftMs = tokenEndsMs(secret) - context.platform.clock.nowMs()
      if (leftMs > 0) return leftMs === Number.POSITIVE_INFINITY ? undefined : { againAfterMs: leftMs }
      try {
        const preconditions = { uid: secret.metadata.uid }
        await context.client.of(Secret).delete(splitKey(key), { preconditions })
      } catch (error) {
        if (!isConflict(error) && !isNotFound(error)) throw error
      }
      return undefined
    }
  },
})
