import { readFileSync } from "node:fs"
import { join } from "node:path"

/** The minor version of the Kubernetes API that is spoken. */
export const KUBERNETES_VERSION = "v1.36.0"

export function gantryVersion(): string {
  const file = join(import.meta.dirname, "..", "..", "package.json")
  return (JSON.parse(readFileSync(file, "utf8")) as { readonly version: string }).version
}

export async function version(): Promise<number> {
  console.log(`gantry ${gantryVersion()}, Kubernetes API ${KUBERNETES_VERSION}, Node ${process.versions.node}`)
  return 0
}
