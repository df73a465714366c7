import { Pod } from "../../api/core/v1/pod.ts"
import type { Client } from "../../client/client.ts"
import { isConflict, isNotFound } from "../../machinery/status/predicates.ts"
import { isStillThere } from "../status/still-there.ts"

/** Takes a pod that has ended out of the API. Does nothing when it is gone, or when another one has its name. */
export async function confirmDeletion(client: Client, pod: Pod): Promise<void> {
  const { name, namespace, uid } = pod.metadata
  try {
    await client.of(Pod).delete({ namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } })
  } catch (error) {
    if (isNotFound(error)) return
    if (!isConflict(error) || (await isStillThere(client, pod))) throw error
  }
}
