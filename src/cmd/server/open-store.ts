import { existsSync, mkdirSync } from "node:fs"
import { dirname } from "node:path"
import type { Platform } from "../../platform/platform.ts"
import { openSqliteStore } from "../../store/sqlite/sqlite-store.ts"
import type { Store } from "../../store/store.ts"
import { layoutOf } from "../cluster/layout.ts"
import type { ClusterRecord } from "../cluster/record.ts"

export interface OpenedStore {
  readonly store: Store
  /** It was not there before. */
  readonly isNew: boolean
}

/** Opens the store of a cluster. Imports little: its thread starts while the rest of the server is loaded. */
export async function openStore(record: ClusterRecord, platform: Platform): Promise<OpenedStore> {
  const { storeFile: path } = layoutOf(record)
  mkdirSync(dirname(path), { recursive: true, mode: 0o711 })
  const isNew = !existsSync(path)
  return { store: await openSqliteStore({ path, platform }), isNew }
}
