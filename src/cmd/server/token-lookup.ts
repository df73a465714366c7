import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { Secret } from "../../api/core/v1/secret.ts"
import { ServiceAccount } from "../../api/core/v1/service-account.ts"
import type { ObjectReader } from "../../apiserver/admission/plugin.ts"
import type { LookedUp, TokenLookup } from "../../apiserver/authentication/service-account-token.ts"
import type { StoredMeta } from "../../machinery/schema/resource.ts"

/** Whether what a token is bound to still exists, from the watch cache. */
export function tokenLookup(reader: ObjectReader): TokenLookup {
  return {
    serviceAccount: (namespace, name) => found(reader.get(ServiceAccount, namespace, name)),
    pod: (namespace, name) => found(reader.get(Pod, namespace, name)),
    secret: (namespace, name) => found(reader.get(Secret, namespace, name)),
    node: (name) => found(reader.get(Node, "", name)),
  }
}

function found(object: { readonly metadata: StoredMeta } | undefined): LookedUp | undefined {
  if (object === undefined) return undefined
  const { uid, deletionTimestamp } = object.metadata
  return { uid, ...(deletionTimestamp !== undefined && { deletedMs: Date.parse(deletionTimestamp) }) }
}
