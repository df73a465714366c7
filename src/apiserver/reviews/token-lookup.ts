import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { Secret } from "../../api/core/v1/secret.ts"
import { ServiceAccount } from "../../api/core/v1/service-account.ts"
import type { KubeObject } from "../../machinery/schema/resource.ts"
import { timeToMs } from "../../machinery/time/timestamp.ts"
import type { ObjectReader } from "../admission/plugin.ts"
import type { LookedUp, TokenLookup } from "../authentication/service-account-token.ts"

/** Whether what a token is bound to still exists, from the watch cache. */
export function createTokenLookup(reader: Pick<ObjectReader, "get">): TokenLookup {
  return {
    serviceAccount: (namespace, name) => lookedUp(reader.get(ServiceAccount, namespace, name)),
    pod: (namespace, name) => lookedUp(reader.get(Pod, namespace, name)),
    secret: (namespace, name) => lookedUp(reader.get(Secret, namespace, name)),
    node: (name) => lookedUp(reader.get(Node, "", name)),
  }
}

function lookedUp(object: KubeObject | undefined): LookedUp | undefined {
  if (object === undefined) return undefined
  const { uid, deletionTimestamp } = object.metadata
  return { uid, ...(deletionTimestamp && { deletedMs: timeToMs(deletionTimestamp) }) }
}
