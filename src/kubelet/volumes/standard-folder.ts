import { isAbsolute, relative } from "node:path"

/** Where manifests look for the kubelet's folder, whatever it is. */
export const STANDARD_FOLDER = "/var/lib/kubelet"

/**
 * The node's own path for one below the standard folder; others stay. What is installed with that path, as storage drivers
 * are, then finds the folder of the node that it runs on.
 */
export function hostFolder(dataDir: string, path: string): string {
  const rest = dataDir === STANDARD_FOLDER ? undefined : below(STANDARD_FOLDER, path)
  return rest === undefined ? path : `${dataDir}${rest}`
}

/** What follows `folder` in a path: empty, or with a leading slash. Undefined where the path is elsewhere. */
export function below(folder: string, path: string): string | undefined {
  const rest = relative(folder, path)
  if (rest === "") return ""
  return rest === ".." || rest.startsWith("../") || isAbsolute(rest) ? undefined : `/${rest}`
}
