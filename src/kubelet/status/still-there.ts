import { Pod } from "../../api/core/v1/pod.ts"
import type { Client } from "../../client/client.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"

/**
 * Whether the API server still has this very pod. A conflict alone does not tell: it may be about another pod of the
 * same name, or only mean that somebody else was faster.
 */
export async function isStillThere(client: Client, { metadata: { name, namespace, uid } }: Pod): Promise<boolean> {
  try {
    return (await client.of(Pod).get({ namespace, name })).metadata.uid === uid
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}
