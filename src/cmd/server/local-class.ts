import { ConfigMap } from "../../api/core/v1/config-map.ts"
import { DEFAULT_STORAGE_CLASS_ANNOTATIONS, StorageClass } from "../../api/storage/v1/storage-class.ts"
import type { Client } from "../../client/client.ts"
import { LOCAL_CLASS, LOCAL_PROVISIONER } from "../../controllers/localvolume/names.ts"
import { isAlreadyExists, isNotFound } from "../../machinery/status/predicates.ts"
import type { Logger } from "../../platform/log.ts"

/** Remembers what this cluster was given once, so that what people delete stays away. */
const GIVEN = { namespace: "kube-system", name: "gantry-local-storage" } as const

/**
 * Gives a cluster its storage class, once. It is the default one, unless there is another already. A webhook may refuse it,
 * and needs a server that runs: the next start tries again.
 */
export async function giveLocalClass(client: Client, log: Pick<Logger, "warn">): Promise<void> {
  try {
    if (!(await wasGiven(client))) await give(client)
  } catch (error) {
    log.warn(`the storage class ${LOCAL_CLASS} could not be made`, { error })
  }
}

async function give(client: Client): Promise<void> {
  const classes = await client.of(StorageClass).list()
  const hasDefault = classes.items.some(({ metadata: { annotations } }) =>
    DEFAULT_STORAGE_CLASS_ANNOTATIONS.some((name) => annotations?.[name] === "true"),
  )
  const annotations = { "storageclass.kubernetes.io/is-default-class": String(!hasDefault) }
  await make(
    client.of(StorageClass).create({
      metadata: { name: LOCAL_CLASS, annotations },
      provisioner: LOCAL_PROVISIONER,
      reclaimPolicy: "Delete",
      volumeBindingMode: "WaitForFirstConsumer",
      allowVolumeExpansion: true,
    }),
  )
  await make(client.of(ConfigMap).create({ metadata: GIVEN, data: { storageClass: LOCAL_CLASS } }))
}

async function wasGiven(client: Client): Promise<boolean> {
  try {
    await client.of(ConfigMap).get(GIVEN)
    return true
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}

/** Another server of the same store may be as fast. */
async function make(creation: Promise<unknown>): Promise<void> {
  try {
    await creation
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
}
