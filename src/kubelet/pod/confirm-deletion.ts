import { Pod } from "../../api/core/v1/pod.ts"
import type { Client } from "../../client/client.ts"
import { isConflict, isNotFound } from "../../machinery/status/predicates.ts"

/** Takes a pod that has ended out of the API. Does nothing when it is gone, or when another one has its name. */
export async function confirmDeletion(client: Client, { metadata: { name, namespace, uid } }: Pod): Promise<void> {
  const pods = client.of(Pod)
  try {
    await pods.delete({ namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } })
  } catch (error) {
    if (isNotFound(error)) return
    if (!isConflict(error)) throw error
    const found = await pods.get({ namespace, name }).catch((missing: unknown) => {
      if (!isNotFound(missing)) throw missing
    })
    // Not another pod: somebody else was faster with this one, and it has to be tried again.
    if (found?.metadata.uid === uid) throw error
  }
}
