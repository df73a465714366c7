import { readFileSync } from "node:fs"
import { join } from "node:path"
import { changeKubeconfig, type KubeconfigEntry, mergeKubeconfig, renewInKubeconfig } from "../../cli/kubeconfig.ts"
import { layoutOf } from "./layout.ts"
import type { ClusterRecord } from "./record.ts"

/** Puts the administrator's credentials into the user's kubeconfig, and makes the cluster the current one. */
export function mergeCredentials(record: ClusterRecord): void {
  changeKubeconfig(record.kubeconfig, (text) => mergeKubeconfig(text, entryOf(record)))
}

/** Replaces the administrator's credentials where they stand already; which cluster is the current one stays. */
export function renewCredentials(record: ClusterRecord): void {
  changeKubeconfig(record.kubeconfig, (text) => renewInKubeconfig(text, entryOf(record)))
}

function entryOf(record: ClusterRecord): KubeconfigEntry {
  const { pkiDir } = layoutOf(record)
  const read = (file: string) => readFileSync(join(pkiDir, file), "utf8")
  return {
    name: record.name,
    server: `https://127.0.0.1:${record.apiPort}`,
    ca: read("ca.crt"),
    cert: read("admin.crt"),
    key: read("admin.key"),
  }
}
